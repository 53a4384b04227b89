"""Links in person tags as evidence of identity: the same page is the same person; pure."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from tasks.speakers.names.names import comparable
from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.values import Name, SpeakerMatch

# Hosts of one site under another name.
_SAME_SITE = {"twitter.com": "x.com", "mobile.twitter.com": "x.com"}


def link_of(href: str | None) -> str:
    """A person's own page in comparable form; '' for no page, and for a whole site."""
    try:
        parts = urlsplit((href or "").strip().lower())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    path = parts.path.strip("/")
    query = f"?{parts.query}" if parts.query and "." in path.rpartition("/")[2] else ""
    return f"{_SAME_SITE.get(host, host)}/{path}{query}" if host and path else ""


def site_of(link: str) -> str:
    """The site of a link: two pages of one site belong to two people."""
    return link.partition("/")[0]


def can_share_link(name: str, other_name: str, link: str) -> bool:
    """Whether two names (keys) with the same link can belong to one person.

    A show may give its own page to everyone, so the names must agree in something: the first name,
    in full or as a nickname; the same words in another order; or a handle at the end of the link.
    """
    words, other_words = name.split(), other_name.split()
    if name == other_name or set(words) == set(other_words):
        return True
    if is_misheard_name(name, other_name):
        return True
    if name in shorter_forms(other_name) or other_name in shorter_forms(name):
        return True
    handle = comparable(link.rpartition("/")[2].lstrip("@"))
    if handle in (name.replace(" ", ""), other_name.replace(" ", "")):
        return True
    return _have_same_first_name(words, other_words)


def _have_same_first_name(words: list[str], other_words: list[str]) -> bool:
    if len(words) < 2 or len(other_words) < 2 or len(words[0]) < 2:
        return False
    same_surname = words[-1] == other_words[-1]
    return words[0] == other_words[0] or (same_surname and is_nickname(words[0], other_words[0]))


def person_links_of(matches: Sequence[SpeakerMatch]) -> dict[str, Name]:
    """The name behind each link; a link that two people of the episode share has none."""
    tagged = [(one.link, one.name) for one in matches if one.name and one.link]
    names = dict(tagged)
    shared = {link for link, name in tagged if name.key != names[link].key}
    return {link: name for link, name in names.items() if link not in shared}
