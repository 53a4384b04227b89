"""The media files and pictures of feeds: enclosures, Media RSS, and what iTunes calls an image."""

from lxml import etree

from tasks.feeds.parser.elements import Context, Elements
from tasks.feeds.parser.link_relations import relations
from tasks.feeds.values import Enclosure

_LARGEST_DIGITS = 15  # of a size in bytes

Found = tuple[Enclosure, ...]


def image(context: Context, elements: Elements) -> str | None:
    """Return the first usable picture of iTunes or Google Play."""
    for element in elements:
        raw = element.get("href") or element.get("url") or element.text
        if address := context.url(raw, element):
            return address
    return None


def thumbnail(context: Context, elements: Elements) -> str | None:
    """Return the first usable picture of Media RSS, given ``media:thumbnail`` or what holds it."""
    for element in elements:
        is_itself = context.names[element.tag] == "media:thumbnail"
        for each in [element] if is_itself else context.named([element], "media:thumbnail"):
            if address := context.url(each.get("url"), each):
                return address
    return None


def enclosures(context: Context, elements: Elements) -> tuple[Enclosure, ...]:
    """Return the media file of each address once: Media RSS usually repeats the enclosure."""
    found: Found = ()
    for element in elements:
        found += _MEDIA_IN[context.names[element.tag]](context, element)
    return found if len(found) < 2 else _distinct(found)


def _distinct(found: Found) -> Found:
    by_url: dict[str, Enclosure] = {}
    for media in found:
        by_url.setdefault(media.url, media)
    return tuple(by_url.values())


def _plain(context: Context, element: etree._Element) -> Found:
    url = element.get("url") or element.get("href")
    return _enclosure(context, element, url, element.get("length"))


def _link(context: Context, element: etree._Element) -> Found:
    if "enclosure" not in relations(element):
        return ()
    return _enclosure(context, element, element.get("href"), element.get("length"))


def _content(context: Context, element: etree._Element) -> Found:
    """Take the audio and video of Media RSS (section "media:content")."""
    kind = (element.get("type") or element.get("medium") or "").lower()
    if not kind.startswith(("audio", "video")):
        return ()
    return _enclosure(context, element, element.get("url"), element.get("fileSize"))


def _group(context: Context, element: etree._Element) -> Found:
    contents = context.named([element], "media:content")
    return tuple(media for each in contents for media in _content(context, each))


_MEDIA_IN = {
    "enclosure": _plain,
    "link": _link,
    "atom:link": _link,
    "media:content": _content,
    "media:group": _group,
}


def _enclosure(
    context: Context, element: etree._Element, url: str | None, length: str | None
) -> Found:
    """Return the media file, none when it has no address that can be fetched."""
    address = context.url(url, element)
    if address is None:
        return ()
    kind = (element.get("type") or "").strip().lower()
    return (Enclosure(address, kind, _size(length) if length else None),)


def _size(length: str) -> int | None:
    digits = length.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LARGEST_DIGITS
    return int(digits) if is_number else None
