"""Parses UTF-8 to a tree of elements: with repairs, offline, in bounded memory."""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from tasks.feeds.parser.prolog import XmlDocument, cut_prolog
from tasks.feeds.parser.repair import repaired
from tasks.feeds.values import FeedRefused

# A node takes 120 bytes in libxml2 and as few as three in the document. Real feeds have 13,000 to
# 46,000 nodes per megabyte, so this allows at least 40 MB of an ordinary feed.
_MAX_MARKUP = 2_000_000
_SMALLEST_NODE = 3  # bytes: "&a;"
# lxml logs the first 100 errors: a full log may hide the one at which libxml2 stopped.
_MAX_LOGGED = 100
_RESOURCE_LIMIT = 114  # libxml2's XML_ERR_RESOURCE_LIMIT: nested too deep, or a text over 10 MB

_OPTIONS: Mapping[str, Any] = {
    "encoding": "utf-8",
    "recover": True,
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
_ITEMS = ("{*}item", "{*}entry")
# libxml2's push parser searches the ">" of each "<": many without one take quadratic time.
_WINDOW, _MAX_OPEN = 8 * 1024, 200
# How many bytes are parsed before their items are read: their elements still fit into the
# processor's cache. Between 16 and 128 kB, the size makes hardly any difference.
_CHUNK_SIZE = 64 * 1024


def read_well_formed(
    body: bytes, on_item: Callable[[etree._Element], None]
) -> etree._Element | None:
    """Return the root element of a well-formed feed document in UTF-8, None for anything else.

    Args:
        body: the document.
        on_item: called with each item or entry as soon as its end is parsed, while the document
            is well-formed so far.
    """
    try:
        document = cut_prolog(body)
        _limit_markup(document)
        return None if _has_open_tags(document.xml) else _parse_in_chunks(document.xml, on_item)
    except (FeedRefused, etree.XMLSyntaxError):
        return None


def _has_open_tags(xml: bytes) -> bool:
    """Whether many tags begin in a row, of which none ends: such markup is broken."""
    begun = 0
    for start in range(0, len(xml), _WINDOW):
        end = start + _WINDOW
        begun = 0 if xml.find(b">", start, end) >= 0 else begun + xml.count(b"<", start, end)
        if begun > _MAX_OPEN:
            return True
    return False


def _parse_in_chunks(
    xml: bytes, on_item: Callable[[etree._Element], None]
) -> etree._Element | None:
    parser = etree.XMLPullParser(events=("end",), tag=_ITEMS, **_OPTIONS)
    for start in range(0, len(xml), _CHUNK_SIZE):
        parser.feed(xml[start : start + _CHUNK_SIZE])
        if parser.feed_error_log:
            return None
        for _, element in parser.read_events():
            on_item(element)  # type: ignore[arg-type]  # always an element at an "end" event
    root = parser.close()
    return None if parser.feed_error_log else root


def read_root(body: bytes) -> etree._Element:
    """Return the root element of a feed document that may be malformed.

    A malformed document is repaired first; that also detects a truncated one, whose root element
    does not end.

    Raises:
        FeedRefused: see :func:`tasks.feeds.parser.prolog.cut_prolog`,
            :func:`tasks.feeds.parser.repair.repaired`; ``too_complex`` beyond the limits on markup,
            ``malformed`` when repairs do not help.
    """
    document = cut_prolog(body)
    _limit_markup(document)
    root, errors = _read(document.xml)
    if errors or root is None:
        root, errors = _read(repaired(document))
    if _RESOURCE_LIMIT in errors:
        raise FeedRefused("too_complex", "Its elements are nested too deep, or a text is too long.")
    if root is None or len(errors) >= _MAX_LOGGED:
        raise FeedRefused("malformed", "Its markup cannot be repaired.")
    return root


def _limit_markup(document: XmlDocument) -> None:
    xml = document.xml
    if len(xml) < _SMALLEST_NODE * _MAX_MARKUP:
        return
    markup = sum(map(xml.count, (b"<", b"&", b'="', b"='")))
    if markup > _MAX_MARKUP:
        raise FeedRefused("too_complex", f"It has too many tags and attributes: {markup}.")


def _read(xml: bytes) -> tuple[etree._Element | None, list[int]]:
    """Return the root and libxml2's error codes, none when the document is well-formed."""
    # A new parser for each document takes microseconds; parsers of lxml have state.
    parser = etree.XMLParser(**_OPTIONS)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        root = None
    return root, [error.type for error in parser.error_log]
