"""Reason words in sentences for readers; docs/operations.md has them for operators."""

from models.queries.podcast_pages import EpisodeSpeaker

_SAID = {
    "timeout": "The server did not answer in time.",
    "dns_failed": "There is no server under this name.",
    "connect_failed": "The server cannot be reached.",
    "tls_failed": "No safe connection to the server is possible: its certificate is not in order.",
    "dropped": "The server closed the connection before it had answered.",
    "truncated": "The feed ends in the middle.",
    "protocol_error": "What answers there does not speak HTTP.",
    "too_large": "It is larger than what is read.",
    "bad_encoding": "The answer is compressed in a way that cannot be read.",
    "redirect_loop": "The address redirects in a circle.",
    "too_many_redirects": "The address redirects too many times.",
    "bad_url": "This is not an address that can be read.",
    "scheme_refused": "Only http and https addresses are followed.",
    "address_refused": "The address is not a public one.",
    "port_refused": "This port is not asked.",
    "not_attempted": "Its turn has not come yet.",
    "empty": "Nothing came: the answer is empty.",
    "html": "This is a web page, not a feed. The page may link to its RSS feed.",
    "json": "This is JSON; only RSS and Atom feeds are read.",
    "not_a_feed": "This is XML, but not a podcast's feed.",
    "malformed": "The feed's markup is broken beyond repair.",
    "entity_bomb": "The feed expands without measure, and was put away.",
    "too_complex": "The feed is nested too deep to be read.",
    "bad_entry": "There is no usable address in this line.",
    "crashed": "Something broke on our side. It is in the log, and will be tried again.",
    "http_401": "The server wants a password.",
    "http_403": "The server does not let us read this.",
    "http_404": "There is nothing at this address.",
    "http_410": "The feed is gone for good, says its server.",
    "http_429": "The server asks for fewer requests; it is left alone for a while.",
}


def said_of(reason: str) -> str:
    """What a reason word means, in a sentence; the word itself for one that has none."""
    if reason.startswith("http_5"):
        return "The server has a problem of its own."
    return _SAID.get(reason, reason.replace("_", " "))


_NOBODY = {
    "no_label": "nobody is named",
    "not_a_person": "not a person",
    "multiple_people": "several people at once",
    "one_word_name": "one name only",
    "initials": "initials only",
    "not_a_name": "not a name",
}


def why_unattributed(speaker: EpisodeSpeaker) -> str:
    """Why a speaker is not attributed, in a few words."""
    if speaker.status in {"quarantined", "suppressed"}:
        return speaker.status
    reason = speaker.reason
    return _NOBODY.get(reason, reason.replace("_", " ") or "not known")
