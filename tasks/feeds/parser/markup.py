"""UTF-8 bytes of a feed to a tree of elements: recovering, offline, with bounded memory."""

from collections.abc import Callable, Mapping
from typing import Any

from lxml import etree

from tasks.feeds.parser.prolog import Document, cut_prolog
from tasks.feeds.parser.repair import repaired
from tasks.feeds.values import FeedRefused

# What makes nodes: a node costs libxml2 some 120 bytes and a publisher three. Real feeds have
# 13,000 to 46,000 of these per megabyte, so this allows at least 40 MB of an ordinary feed.
_MAX_MARKUP = 2_000_000
_SMALLEST_NODE = 3  # bytes: "&a;"
# lxml keeps the first 100 errors: a full log may hide the one that made libxml2 stop halfway.
_LOGGED = 100
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
# How many bytes are parsed before the items in them are read: what libxml2 makes of so many still
# fits into a processor's cache. From 16 to 128 kB hardly make a difference.
_PIECE = 64 * 1024


def read_well_formed(
    body: bytes, when_whole: Callable[[etree._Element], None]
) -> etree._Element | None:
    """Return the root element of a well-formed feed document in UTF-8, None for anything else.

    Args:
        body: the document.
        when_whole: called with each item or entry as soon as its end is parsed, all of it being
            well-formed that far.
    """
    try:
        document = cut_prolog(body)
        _limit_markup(document)
        return _read_along(document.xml, when_whole)
    except (FeedRefused, etree.XMLSyntaxError):
        return None


def _read_along(xml: bytes, when_whole: Callable[[etree._Element], None]) -> etree._Element | None:
    parser = etree.XMLPullParser(events=("end",), tag=_ITEMS, **_OPTIONS)
    for start in range(0, len(xml), _PIECE):
        parser.feed(xml[start : start + _PIECE])
        if parser.feed_error_log:
            return None
        for _, element in parser.read_events():
            when_whole(element)  # type: ignore[arg-type]  # of an end it is always an element
    root = parser.close()
    return None if parser.feed_error_log else root


def read_root(body: bytes) -> etree._Element:
    """Return the root element of a feed document that may be malformed.

    If it is, it is repaired first, which also tells whether the root element ends: only then is it
    whole.

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
        raise FeedRefused("too_complex", "Its elements nest too deep or hold too long a text.")
    if root is None or len(errors) >= _LOGGED:
        raise FeedRefused("malformed", "Its markup is broken beyond repair.")
    return root


def _limit_markup(document: Document) -> None:
    xml = document.xml
    if len(xml) < _SMALLEST_NODE * _MAX_MARKUP:
        return
    markup = sum(map(xml.count, (b"<", b"&", b'="', b"='")))
    if markup > _MAX_MARKUP:
        raise FeedRefused("too_complex", f"It has {markup} tags and attributes; far too many.")


def _read(xml: bytes) -> tuple[etree._Element | None, list[int]]:
    """Return the root and libxml2's error codes, none when the document is well-formed."""
    # A parser per document: lxml's parsers keep state, and this one costs microseconds.
    parser = etree.XMLParser(**_OPTIONS)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError:
        root = None
    return root, [error.type for error in parser.error_log]
