"""Reads the items of one document, each once."""

from collections.abc import Callable

from lxml.etree import _Element

from tasks.feeds.parser.elements import Context
from tasks.feeds.values import Item


class Items:
    """Reads items by their elements, and remembers those that were read."""

    def __init__(self, context: Context, read: Callable[[_Element], Item]) -> None:
        self.context = context
        self._read = read
        self._items: dict[_Element, Item] = {}

    def of(self, element: _Element) -> Item:
        """Return the item of an element."""
        item = self._items.get(element)
        if item is None:
            item = self._items[element] = self._read(element)
        return item
