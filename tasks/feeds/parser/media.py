"""Reads enclosures and images: of RSS, Atom, Media RSS, iTunes and Google Play."""

from collections.abc import Iterable

from lxml import etree

from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.link_relations import relations
from tasks.feeds.values import Enclosure

_MAX_DIGITS = 15  # of a size in bytes

Enclosures = tuple[Enclosure, ...]


def image(context: Context, elements: Elements) -> str | None:
    """Return the first valid image URL of iTunes or Google Play."""
    for element in elements:
        raw = element.get("href") or element.get("url") or element.text
        if url := context.url(raw, element):
            return url
    return None


def thumbnail(context: Context, elements: Elements) -> str | None:
    """Return the first valid image URL of Media RSS: a ``media:thumbnail``, or one inside."""
    for element in elements:
        is_itself = context.names[element.tag] == "media:thumbnail"
        for each in [element] if is_itself else context.named([element], "media:thumbnail"):
            if url := context.url(each.get("url"), each):
                return url
    return None


def enclosures(context: Context, elements: Elements) -> tuple[Enclosure, ...]:
    """Return the enclosures with distinct URLs: Media RSS usually repeats the enclosure."""
    if len(elements) == 1:
        return _READERS[context.names[elements[0].tag]](context, elements[0])
    each_in = (_READERS[context.names[element.tag]](context, element) for element in elements)
    return _distinct(media for enclosures in each_in for media in enclosures)


def _distinct(enclosures: Iterable[Enclosure]) -> Enclosures:
    by_url: dict[str, Enclosure] = {}
    for media in enclosures:
        by_url.setdefault(media.url, media)
    return tuple(by_url.values())


def _plain(context: Context, element: etree._Element) -> Enclosures:
    url = element.get("url") or element.get("href")
    return _enclosure(context, element, url, element.get("length"))


def _link(context: Context, element: etree._Element) -> Enclosures:
    if "enclosure" not in relations(element):
        return ()
    return _enclosure(context, element, element.get("href"), element.get("length"))


def _content(context: Context, element: etree._Element) -> Enclosures:
    """Read audio and video of Media RSS (section "media:content")."""
    kind = (element.get("type") or element.get("medium") or "").lower()
    if not kind.startswith(("audio", "video")):
        return ()
    return _enclosure(context, element, element.get("url"), element.get("fileSize"))


def _group(context: Context, element: etree._Element) -> Enclosures:
    contents = context.named([element], "media:content")
    return tuple(media for each in contents for media in _content(context, each))


_READERS = {
    "enclosure": _plain,
    "link": _link,
    "atom:link": _link,
    "media:content": _content,
    "media:group": _group,
}


def _enclosure(
    context: Context, element: etree._Element, url: str | None, length: str | None
) -> Enclosures:
    """Return the enclosure; none if its URL is not valid."""
    absolute = context.url(url, element)
    if absolute is None:
        return ()
    kind = (element.get("type") or "").strip().lower()
    return (Enclosure(absolute, kind, _size(length) if length else None),)


def _size(length: str) -> int | None:
    digits = length.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _MAX_DIGITS
    return int(digits) if is_number else None
