"""What a person's tags show of them: a picture, and their pages elsewhere. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from models.queries.person_tags import LinkedPersonTag
from tasks.speakers.evidence.person_links import link_of
from tasks.speakers.names.names import comparable, read_name
from web.presenters.filters import clean, web_address

MAX_LINKS = 6
# Parameters that say from where a reader came, and nothing of the page.
_TRACKING = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "igshid")


@dataclass(frozen=True, slots=True)
class PersonPage:
    """A page of a person elsewhere; ``label`` is its site with the path, if that is short."""

    url: str
    label: str


def names_in_tags(name: str, labels: Iterable[str]) -> frozenset[str]:
    """The keys by which tags may name a person: their name, and labels with a full name.

    A first name alone may be anybody's.
    """
    read = filter(None, map(read_name, labels))
    return frozenset({comparable(name)} | {one.key for one in read if one.words > 1})


def picture_of(tags: Iterable[LinkedPersonTag], names: Collection[str]) -> str | None:
    """The URL of the newest picture in the tags of these names."""
    urls = (web_address(tag.img) for tag in _of_person(tags, names))
    return next(filter(None, urls), None)


def pages_of(tags: Iterable[LinkedPersonTag], names: Collection[str]) -> list[PersonPage]:
    """The pages in the tags of these names, each once, newest first; whole sites are left out."""
    found: dict[str, PersonPage] = {}
    for tag in _of_person(tags, names):
        url, link = web_address(tag.href), link_of(tag.href)
        if url and link:
            found.setdefault(link, PersonPage(_without_tracking(url), _label(url)))
    return list(found.values())[:MAX_LINKS]


def initials(name: str) -> str:
    """The first letters of the first and the last word of a name: at most two."""
    letters = [next(filter(str.isalnum, word), "") for word in clean(name).split()]
    words = [letter for letter in letters if letter]
    return "".join(words[:1] + words[1:][-1:]).upper()[:2] or "?"


def _of_person(
    tags: Iterable[LinkedPersonTag], names: Collection[str]
) -> Sequence[LinkedPersonTag]:
    read = ((read_name(tag.name), tag) for tag in tags)
    return [tag for name, tag in read if name and name.key in names]


def _without_tracking(url: str) -> str:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    remaining = [pair for pair in query if not pair[0].lower().startswith(_TRACKING)]
    return url if query == remaining else urlunsplit(parts._replace(query=urlencode(remaining)))


def _label(url: str) -> str:
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    return f"{host}{path}" if len(path) <= 20 else host
