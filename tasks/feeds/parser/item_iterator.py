"""The items of one document, each read once."""

from collections.abc import Callable

from lxml.etree import _Element

from tasks.feeds.parser.elements import Context
from tasks.feeds.values import Item


class Items:
    """How the items of one document are read, and those that were."""

    def __init__(self, context: Context, read: Callable[[_Element], Item]) -> None:
        self.context = context
        self._read = read
        self._known: dict[_Element, Item] = {}

    def of(self, element: _Element) -> Item:
        """Return what the element says."""
        item = self._known.get(element)
        if item is None:
            item = self._known[element] = self._read(element)
        return item
