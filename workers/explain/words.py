"""How moments, numbers and reason words are said in a sentence."""

from datetime import datetime

# What a reason word means, to go on with after "because" or a colon. The operations page has all
# of them, with what to do; one that is not here is said as it is.
_MEANINGS = {
    "timeout": "its server did not answer in time",
    "dns_failed": "the name of its server has no address",
    "connect_failed": "its server takes no connection",
    "tls_failed": "no safe connection could be made",
    "dropped": "the server closed the connection before the answer",
    "truncated": "what came ended early",
    "protocol_error": "the server does not speak HTTP",
    "too_large": "it is larger than we accept",
    "bad_encoding": "it is compressed otherwise than it says",
    "redirect_loop": "it redirects in a circle",
    "too_many_redirects": "it redirects too often",
    "bad_url": "its address cannot be read",
    "scheme_refused": "its address is neither http nor https",
    "address_refused": "its address is not public, and we are not allowed there",
    "port_refused": "its port is not one that we may ask",
    "http_401": "its server wants a password",
    "http_403": "its server does not want us",
    "http_404": "it is not there (404)",
    "http_410": "it is gone for good (410)",
    "http_429": "its server says that we ask too often",
    "empty": "nothing came",
    "html": "a web page came instead",
    "json": "JSON came instead of a feed",
    "not_a_feed": "what came is no feed",
    "malformed": "its markup is broken beyond repair",
    "entity_bomb": "its entities expand without measure",
    "no_transcript": "none is offered",
    "no_stored_transcript": "no transcript of it is kept",
    "unchanged": "nothing had changed",
    "no_speakers": "nobody is named in it",
    "binary": "what came is no text",
    "broken_json": "it looks like JSON and cannot be read",
    "not_a_transcript": "what came is no transcript",
    "no_segments": "there are no words in it",
    "episode_gone": "the episode is no longer there",
    "time_limit": "it took longer than a job may take",
    "crashed": "of a bug of ours",
    "worker_lost": "its worker did not come back",
    "poll_worker_lost": "its poller did not come back",
    "claim_lost": "another process polls it",
    "not_attempted": "its batch was over before its turn",
    "cancelled": "its re-ingest was cancelled",
    "full_name": "a full name is one person everywhere",
    "no_label": "nobody is named there",
    "not_a_person": "that is a marker and no person",
    "multiple_people": "that names several people",
    "one_word_name": "one word alone is nobody's name everywhere",
    "initials": "initials are nobody's name everywhere",
    "not_a_name": "that is no name",
}


def meaning(word: str | None) -> str:
    """What a reason word means, as the end of a sentence."""
    if not word:
        return "nobody knows why"
    if word not in _MEANINGS and word.startswith("http_5"):
        return f"its server has trouble ({word.removeprefix('http_')})"
    return _MEANINGS.get(word, word)


def known_reasons() -> set[str]:
    """The reason words that have a meaning here."""
    return set(_MEANINGS)


def count(number: int, one: str, several: str = "") -> str:
    """A number with its noun: ``1 episode``, ``1,200 episodes``."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def at(moment: datetime | None, now: datetime) -> str:
    """A moment and how far it is: ``2026-03-01 12:00 UTC (3 minutes ago)``."""
    if moment is None:
        return "never"
    return f"{moment:%Y-%m-%d %H:%M} UTC ({far(moment, now)})"


def far(moment: datetime, now: datetime) -> str:
    """How far a moment is from now: ``3 minutes ago``, ``in 2 hours``."""
    seconds = (moment - now).total_seconds()
    if abs(seconds) < 1:
        return "now"
    said = _length(abs(seconds))
    return f"in {said}" if seconds > 0 else f"{said} ago"


def _length(seconds: float) -> str:
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * length:
            return count(round(seconds / length), unit)
    return count(max(1, round(seconds)), "second")


def quoted(text: str) -> str:
    """Words of others, in quotation marks, on one line."""
    return "“" + "".join(c if c.isprintable() else " " for c in text) + "”"


def listed(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1] if parts else ""]))
