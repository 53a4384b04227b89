"""Reason codes: what each one means in a sentence, and what an operator can do about it.

Rows, log events and JSON carry the code. Pages and ``overheard explain`` take their sentences from
here; docs/operations.md lists all codes.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code's texts.

    ``clause`` fits behind "because" and, with a capital letter and a full stop, is a sentence;
    ``sentence`` replaces that sentence where a reader needs more. ``short`` is for a table cell.
    """

    clause: str
    advice: str = ""
    sentence: str = ""
    short: str = ""


_CORRECT_URL = "Correct the URL."
_THEIR_FAULT = "Only the publisher can fix this."
_FILE_BUG = "Report it as a bug, with the traceback from the log."

_FETCHING = {
    "timeout": Reason(
        "the server did not respond in time",
        "If many servers are slow, check this machine's network.",
    ),
    "dns_failed": Reason(
        "there is no server with this name",
        "If many names fail, check this machine's DNS resolver.",
    ),
    "connect_failed": Reason(
        "the server cannot be reached", "If many servers fail, check this machine's network."
    ),
    "tls_failed": Reason(
        "no secure connection to the server is possible",
        _THEIR_FAULT,
        "No secure connection to the server is possible: its certificate is invalid.",
    ),
    "dropped": Reason("the server closed the connection before it responded", _THEIR_FAULT),
    "truncated": Reason("the response is cut off", _THEIR_FAULT),
    "protocol_error": Reason("the server does not speak HTTP", "Check host and port of the URL."),
    "too_large": Reason(
        "the response is larger than the limit",
        "Raise OVERHEARD_FEED_MAX_BYTES or OVERHEARD_TRANSCRIPT_MAX_BYTES if it is genuine.",
    ),
    "bad_encoding": Reason(
        "the response is compressed in a way that is not supported", _THEIR_FAULT
    ),
    "redirect_loop": Reason("the URL redirects in a loop", _THEIR_FAULT),
    "too_many_redirects": Reason("the URL redirects too many times", _THEIR_FAULT),
    "bad_url": Reason("the URL is not valid", _CORRECT_URL),
    "scheme_refused": Reason("only http and https URLs are fetched", _CORRECT_URL),
    "address_refused": Reason(
        "the server's address is not public",
        "For a server of your own, set OVERHEARD_ALLOWED_NETWORKS to its network (such as "
        "127.0.0.1/32) for every process, `overheard up` included.",
    ),
    "port_refused": Reason(
        "URLs with this port are not fetched",
        "Add the port to OVERHEARD_ALLOWED_PORTS if you trust the server.",
    ),
    "not_attempted": Reason(
        "it has not been fetched yet",
        "If this is frequent, lower OVERHEARD_POLL_BATCH or raise OVERHEARD_POLL_PER_HOST.",
    ),
    "http_401": Reason("the server requires a password"),
    "http_403": Reason("the server denies access"),
    "http_404": Reason("there is nothing at this URL"),
    "http_410": Reason("the server says that it has been removed for good"),
    "http_429": Reason("the server asks for fewer requests"),
}
_FEEDS = {
    "empty": Reason("the response is empty", _THEIR_FAULT),
    "html": Reason(
        "the response is a web page",
        "Look for the address of the RSS feed on that page.",
        "This is a web page, not a feed. The page may link to its RSS feed.",
    ),
    "json": Reason(
        "the response is JSON",
        "Look for an RSS or Atom feed of this podcast.",
        "This is JSON. Only RSS and Atom feeds are supported.",
    ),
    "not_a_feed": Reason("the response is neither an RSS nor an Atom feed", _CORRECT_URL),
    "malformed": Reason(
        "the feed's markup is broken beyond repair",
        "If other readers can parse the feed, report it as a bug.",
    ),
    "entity_bomb": Reason("the feed's XML entities expand excessively (“XML bomb”)", _THEIR_FAULT),
    "too_complex": Reason(
        "the feed is nested too deeply, or lists more than any feed needs", _THEIR_FAULT
    ),
    "over_budget": Reason(
        "reading it takes more processor time or memory than one document may take",
        "If it is genuine, raise OVERHEARD_DOCUMENT_SECONDS or OVERHEARD_DOCUMENT_MEMORY_MB, then "
        "retry: overheard jobs retry, or overheard podcasts poll.",
    ),
    "bad_entry": Reason("this line contains no usable URL", "Correct the list."),
}
_SEARCH = "Search by the podcast's name instead, or paste its feed URL."
_AGAIN = "It will be tried again by itself."
_LINKS = {
    "no_feed_found": Reason("the page names no feed", _SEARCH),
    "unverified_link": Reason("no feed can be found from this kind of link", _SEARCH),
    "single_episode": Reason("the link is to a single episode", "Use the link to the podcast."),
    "not_in_directory": Reason("the directory has no podcast with this id", _SEARCH),
    "no_feed_url": Reason("the directory lists no feed for this podcast", _SEARCH),
    "only_on_spotify": Reason(
        "the show is only on Spotify", "It has no feed, so it cannot be added."
    ),
    "nothing_found": Reason("the directory has no podcast by this name", "Try fewer words."),
    "no_directory": Reason("no podcast directory is configured", "Set OVERHEARD_DIRECTORY."),
    "directory_failed": Reason("the directory does not answer", "Try again later."),
    "not_a_chart": Reason("the response is not a top list", "Check OVERHEARD_STORE_CHARTS."),
    "several_candidates": Reason(
        "the link or name could mean several podcasts", "Choose one, by its feed URL."
    ),
}
_JOBS = {
    "no_transcript": Reason("the feed lists no transcript"),
    "no_stored_transcript": Reason(
        "no transcript is stored", "Re-ingest the episode with --stage fetch."
    ),
    **{
        code: Reason(f"{what}: the rest was left out", "Report it as a bug if it is genuine.")
        for code, what in {
            "long_description": "names are searched in 20,000 characters of a description",
            "many_names_in_description": "1,000 possible names of a description are examined",
            "many_spoken_names": "20,000 names in what is spoken are examined",
            "many_name_signs": "400 signs that a spoken name is a speaker's are compared",
            "many_introductions": "500 spoken introductions are compared",
            "many_recurring_speakers": "1,000 names of a podcast's other episodes are compared",
            "many_known_names": "200 names of the feed are compared with rare labels",
            "many_unsure_labels": "introductions of 200 labels are searched",
            "many_frequent_labels": "the 50 most frequent labels are compared with the others",
        }.items()
    },
    "unchanged": Reason("the transcript has not changed"),
    "no_speakers": Reason("the transcript names no speakers"),
    "binary": Reason("the transcript is not text", _THEIR_FAULT),
    "unknown_charset": Reason(
        "the transcript's characters cannot be read", "Only the publisher can declare the charset."
    ),
    "broken_json": Reason("the transcript's JSON is invalid", _THEIR_FAULT),
    "not_a_transcript": Reason(
        "the response is not a transcript", "If it is one, report it as a bug."
    ),
    "too_many_labels": Reason(
        "the transcript names more speakers than anybody could follow", _THEIR_FAULT
    ),
    "no_segments": Reason("the transcript contains no words", _THEIR_FAULT),
    "episode_gone": Reason("the episode no longer exists"),
    "time_limit": Reason(
        "the job exceeded its time limit", "Check whether this machine is overloaded."
    ),
    "crashed": Reason("an unexpected error occurred in Overheard", _FILE_BUG),
    "worker_lost": Reason(
        "the worker was killed or stopped responding",
        "Check dmesg for the out-of-memory killer; lower OVERHEARD_CONCURRENCY.",
    ),
    "worker_shutdown": Reason("the worker was shut down before the job was done"),
    "poll_worker_lost": Reason(
        "the worker that polled the feed was killed or stopped responding",
        "Check dmesg for the out-of-memory killer; lower OVERHEARD_CONCURRENCY.",
    ),
    "claim_lost": Reason("another process polls the feed"),
    "broker_unreachable": Reason("the broker cannot be reached", "Run overheard doctor."),
    "cancelled": Reason("the re-ingest request was cancelled"),
}
_SPEECH = {
    "no_audio": Reason("the feed gives no audio for the episode", _THEIR_FAULT),
    "endless_stream": Reason(
        "the audio is an endless stream",
        "Do not transcribe the podcast, or raise OVERHEARD_SPEECH_AUDIO_MAX_BYTES.",
    ),
    "empty_audio": Reason("the audio file contains no sound", _THEIR_FAULT),
    "audio_is_html": Reason("the server sent a web page instead of audio", _THEIR_FAULT),
    "not_audio": Reason("the file is not audio that can be decoded", _THEIR_FAULT),
    "audio_protected": Reason("the audio is encrypted (DRM)", _THEIR_FAULT),
    "audio_truncated": Reason("the audio file is cut off", _THEIR_FAULT),
    "audio_too_long": Reason(
        "the audio is longer than the limit",
        "Raise OVERHEARD_SPEECH_AUDIO_MAX_HOURS if it is genuine.",
    ),
    "no_speech": Reason("nobody speaks in the audio"),
    "low_coverage": Reason(
        "much of the speech was not recognized",
        "Set OVERHEARD_SPEECH_SECOND_ENGINE or a larger OVERHEARD_SPEECH_MODEL.",
    ),
    "speech_not_installed": Reason(
        "speech to text is not installed on the worker", "Install overheard[speech] there."
    ),
    "model_missing": Reason(
        "a speech-to-text model is missing on the worker",
        "Run overheard speech-models pull there.",
    ),
    "bad_endpoint": Reason(
        "the speech-to-text server does not respond in OpenAI's format",
        "Check OVERHEARD_SPEECH_ENDPOINT_URL.",
    ),
    "night_only": Reason(
        "audio is transcribed only at certain hours of the day",
        "Change OVERHEARD_SPEECH_FROM_HOUR and OVERHEARD_SPEECH_UNTIL_HOUR.",
    ),
    "daily_hours_used": Reason(
        "today's hours of audio are used up", "Raise OVERHEARD_SPEECH_HOURS_PER_DAY."
    ),
    "queue_paused": Reason("the queue is paused", "Resume it: overheard queues resume transcribe."),
    "words_without_speech": Reason("nobody speaks at the time of the words"),
    "looped_words": Reason("a phrase repeats again and again"),
    "subtitle_credits": Reason("the words are subtitle credits that nobody speaks"),
}
_SPEAKERS = {
    "full_name": Reason("a full name means the same person everywhere"),
    "no_label": Reason("the transcript gives no speaker label", short="no speaker label"),
    "not_a_person": Reason("the label is not a person's name", short="not a person"),
    "multiple_people": Reason("the label names several people", short="several people"),
    "unique_match": Reason("exactly one candidate of the episode or podcast matches"),
    "ambiguous": Reason("several candidates match"),
    "one_word_name": Reason(
        "no candidate matches, and a single word is not a full name", short="a single name only"
    ),
    "initials": Reason(
        "no candidate matches, and initials are not a full name", short="initials only"
    ),
    "not_a_name": Reason("the label is not a name", short="not a name"),
}
_QUARANTINE = {
    "new_name_on_many_podcasts": Reason("the new name appears on many podcasts at once"),
    "implausible_share": Reason("one label has nearly all of an episode with several people"),
    "short_clips": Reason("the person is heard only in short clips of one podcast"),
    "impossible_density": Reason("more words are attributed than can be spoken in the time"),
    "by_decision": Reason("an operator decided so"),
    "language_mismatch": Reason("the transcript's language differs from the podcast's"),
}

REASONS = _FETCHING | _FEEDS | _LINKS | _JOBS | _SPEECH | _SPEAKERS | _QUARANTINE


def reason_clause(code: str | None) -> str:
    """What a reason code means, as a clause behind "because"; the code itself if it has none."""
    if not code:
        return "no reason was recorded"
    if code in REASONS:
        return REASONS[code].clause
    if code.startswith("http_5"):
        return f"the server reports an internal error ({code.removeprefix('http_')})"
    return code


def reason_text(code: str) -> str:
    """What a reason code means, as a sentence; the code in words if it has none."""
    if code in REASONS and REASONS[code].sentence:
        return REASONS[code].sentence
    clause = reason_clause(code)
    return code.replace("_", " ") if clause == code else clause[:1].upper() + clause[1:] + "."


def reason_advice(code: str | None) -> str:
    """What an operator can do about a reason, as a sentence; "" if nothing is needed."""
    return REASONS[code].advice if code in REASONS else ""


def next_step(code: str | None, *, tried_again: bool = False) -> str:
    """What to do about a feed that could not be added, or not be read yet; never empty."""
    return reason_advice(code) or (_AGAIN if tried_again else _SEARCH)


def short_reason(code: str) -> str:
    """A reason code in a few words."""
    return (code in REASONS and REASONS[code].short) or code.replace("_", " ")
