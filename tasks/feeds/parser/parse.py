"""The bytes of a feed to values: whatever arrives, a feed or a named refusal."""

from lxml.etree import _Element

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
    """Return what a feed document says.

    Args:
        body: the document, decompressed.
        url: where it was found; relative addresses in it are resolved against this.
        content_type: the HTTP header of that name, for its charset.

    Raises:
        FeedRefused: ``empty``, ``html``, ``json``, ``not_a_feed``, ``truncated``, ``malformed``,
            ``entity_bomb`` or ``too_complex``. Nothing else is raised, for any bytes.
    """
    base_url = without_userinfo(url)
    xml = body if seems_utf8(body, content_type) else to_utf8(body, content_type)
    reading = _Reading(xml, base_url)
    root = read_well_formed(xml, reading.read_ahead)
    if root is not None:
        return reading.feed(root)
    xml = to_utf8(body, content_type)
    return _Reading(xml, base_url).feed(read_root(xml))


class _Reading:
    """One document being read, its items while the rest of it is still to be parsed.

    What was just parsed is in the processor's cache. When all of a long document was parsed first,
    fetching its items from memory made reading them take half as long again.
    """

    def __init__(self, xml: bytes, base_url: str) -> None:
        self._xml = xml
        self._base_url = base_url
        self._items: Items | None = None

    def read_ahead(self, item: _Element) -> None:
        """Read an item of a root element that may be incomplete."""
        if self._items is None:
            self._items = self._items_below(item.getroottree().getroot())
        self._items.of(item)

    def feed(self, root: _Element) -> Feed:
        """Return what the whole document says."""
        items = self._items or self._items_below(root)
        return read_atom(root, items) if _is_atom(root) else read_rss(root, items)

    def _items_below(self, root: _Element) -> Items:
        names = Names(root, core="atom" if _is_atom(root) else "")
        context = Context(names=names, base_url=self._base_url, xml=self._xml)
        return atom_items(context) if _is_atom(root) else rss_items(context)


def _is_atom(root: _Element) -> bool:
    return str(root.tag).rpartition("}")[2].rpartition(":")[2].lower() == "feed"
