"""Addresses in person tags as hints who somebody is: the same page is the same person; pure."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from tasks.speakers.names.names import comparable
from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.values import Decision, Name

# One site under two names.
_ALSO = {"twitter.com": "x.com", "mobile.twitter.com": "x.com"}


def link_of(href: str | None) -> str:
    """The address of somebody's own page in comparable form; '' for none, and for a whole site."""
    try:
        parts = urlsplit((href or "").strip().lower())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    path = parts.path.strip("/")
    query = f"?{parts.query}" if parts.query and "." in path.rpartition("/")[2] else ""
    return f"{_ALSO.get(host, host)}/{path}{query}" if host and path else ""


def kind_of(address: str) -> str:
    """The site of an address: two pages of it are two people's."""
    return address.partition("/")[0]


def can_be_one(name: str, other: str, address: str) -> bool:
    """Whether two names (keys) with the same address can be one person's.

    A show may give its own page to everybody, so something must agree: the first name, in full or
    as a nickname, the words in another order, or a handle that is the end of the address.
    """
    words, others = name.split(), other.split()
    if name == other or set(words) == set(others) or is_misheard_name(name, other):
        return True
    if name in shorter_forms(other) or other in shorter_forms(name):
        return True
    handle = comparable(address.rpartition("/")[2].lstrip("@"))
    if handle in (name.replace(" ", ""), other.replace(" ", "")):
        return True
    first, another = words[0], others[0]
    return len(words) > 1 and len(others) > 1 and len(first) > 1 and (
        first == another or (words[-1] == others[-1] and is_nickname(first, another))
    )  # fmt: skip


def person_links_of(decisions: Sequence[Decision]) -> dict[str, Name]:
    """Whose page each address is; one that two people of an episode share is nobody's."""
    tagged = [(one.address, one.name) for one in decisions if one.name and one.address]
    pages = dict(tagged)
    shared = {page for page, name in tagged if name.key != pages[page].key}
    return {page: name for page, name in pages.items() if page not in shared}
