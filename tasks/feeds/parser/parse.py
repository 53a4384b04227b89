"""Parses the bytes of a feed document, or refuses them with a reason code. Pure."""

from lxml.etree import _Element

from tasks.feeds.limits import refuse_excess
from tasks.feeds.parser.atom import atom_items, read_atom
from tasks.feeds.parser.charset import seems_utf8, to_utf8
from tasks.feeds.parser.elements import Context
from tasks.feeds.parser.item_iterator import Items
from tasks.feeds.parser.markup import read_root, read_well_formed
from tasks.feeds.parser.namespaces import Names
from tasks.feeds.parser.rss import read_rss
from tasks.feeds.parser.rss_item import rss_items
from tasks.feeds.parser.urls import without_userinfo
from tasks.feeds.values import Feed


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Return the values of a feed document.

    Args:
        body: the document, decompressed.
        url: where it was fetched; relative URLs are resolved against it.
        content_type: the Content-Type header, for its charset.

    Raises:
        FeedRefused: ``empty``, ``html``, ``json``, ``not_a_feed``, ``truncated``, ``malformed``,
            ``entity_bomb`` or ``too_complex``. Nothing else is raised, for any bytes.
    """
    base_url = without_userinfo(url)
    xml = body if seems_utf8(body, content_type) else to_utf8(body, content_type)
    reader = _DocumentReader(xml, base_url)
    root = read_well_formed(xml, reader.read_item)
    if root is None:
        xml = to_utf8(body, content_type)
        root, reader = read_root(xml), _DocumentReader(xml, base_url)
    feed = reader.read_feed(root)
    refuse_excess(feed)
    return feed


class _DocumentReader:
    """Reads one document: its items while libxml2 still parses the rest, then the channel.

    Elements that were just parsed are in the processor's cache. After parsing a whole long
    document, reading its items from memory takes 50 % longer.
    """

    def __init__(self, xml: bytes, base_url: str) -> None:
        self._xml = xml
        self._base_url = base_url
        self._items: Items | None = None

    def read_item(self, item: _Element) -> None:
        """Read an item whose root element may be incomplete."""
        if self._items is None:
            self._items = self._items_below(item.getroottree().getroot())
        self._items.of(item)

    def read_feed(self, root: _Element) -> Feed:
        """Return the feed, once the whole document is parsed."""
        items = self._items or self._items_below(root)
        return read_atom(root, items) if _is_atom(root) else read_rss(root, items)

    def _items_below(self, root: _Element) -> Items:
        names = Names(root, core="atom" if _is_atom(root) else "")
        context = Context(names=names, base_url=self._base_url, xml=self._xml)
        return atom_items(context) if _is_atom(root) else rss_items(context)


def _is_atom(root: _Element) -> bool:
    return str(root.tag).rpartition("}")[2].rpartition(":")[2].lower() == "feed"
