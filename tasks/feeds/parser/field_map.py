"""Maps child elements to fields; the mapping is reused for items with the same elements."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from lxml.etree import _Element

from tasks.feeds.parser.elements import Children, Context, Elements, children_of, first_text

Reader = Callable[[Context, Elements], Any]

_TAG = attrgetter("tag")
# Real feeds need up to a hundred plans, for items with up to forty children. The limits bound the
# memory that hostile feeds can take.
_MAX_PLANS = 1_000
_MAX_CHILDREN = 200


class Field(NamedTuple):
    """One source of a field: elements, and how to read them.

    Attributes:
        name: the field; of several sources, the first that has a value counts.
        read: returns the value of the elements, or None.
        elements: their names, preferred ones first, in the spelling of
            :class:`tasks.feeds.parser.namespaces.Names`.
    """

    name: str
    read: Reader
    elements: tuple[str, ...]


class Text(NamedTuple):
    """One source of a field: the first of these elements whose text is not blank.

    Texts are read after fields.
    """

    name: str
    read: Callable[[str], Any]
    elements: tuple[str, ...]


def read_fields(
    context: Context, children: Children, fields: Iterable[Field], texts: Iterable[Text]
) -> dict[str, Any]:
    """Return the fields of one element, from its children."""
    values: dict[str, Any] = {}
    for field in fields:
        elements = children.all(*field.elements)
        if elements and field.name not in values:
            _add(values, field.name, field.read(context, elements))
    for text in texts:
        raw = children.first(*text.elements)
        if raw and text.name not in values:
            _add(values, text.name, text.read(raw))
    return values


def _add(values: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        values[name] = value


# The step for a field: name, reader, and getter of its elements among all children; for a text,
# also the index of the preferred element. Plain tuples unpack much faster than named ones.
_Get = Callable[[list[_Element]], Elements]
_FieldStep = tuple[str, Reader, _Get]
_TextStep = tuple[str, Callable[[str], Any], _Get, int]
_Steps = tuple[list[_FieldStep], list[_TextStep]]


class Fields(dict[tuple[str, ...], _Steps]):
    """The plans by which items of one document are read: for each sequence of tags, its steps.

    Nearly all items of a feed have children with the same tags. So the names, their order and the
    missing fields are found once, and not for every item.
    """

    def __init__(self, context: Context, fields: Sequence[Field], texts: Sequence[Text]) -> None:
        super().__init__()
        self._context = context
        self._fields = fields
        self._texts = texts
        self._last_tags: tuple[str, ...] = ()
        self._last_steps: _Steps = ([], [])

    def read(self, parent: _Element) -> dict[str, Any]:
        """Return the fields of an item. This is the hot loop of parsing."""
        values: dict[str, Any] = {}
        children = children_of(parent)
        tags = tuple(map(_TAG, children))
        if tags != self._last_tags:  # most items are like the one before them
            self._last_tags, self._last_steps = tags, self[tags]
        fields, texts = self._last_steps
        for name, read, get in fields:
            if name not in values:
                value = read(self._context, get(children))
                if value is not None:
                    values[name] = value
        for name, read_text, get, first in texts:
            if name not in values:
                element = children[first]
                text = element.text
                if not text or len(element) or text.isspace():  # rare
                    text = first_text(get(children))
                if text and (value := read_text(text)) is not None:
                    values[name] = value
        return values

    def __missing__(self, tags: tuple[str, ...]) -> _Steps:
        indexes: dict[str, list[int]] = {}
        for index, tag in enumerate(tags):
            indexes.setdefault(self._context.names[tag], []).append(index)
        steps = (
            [
                (field.name, field.read, _getter(chosen))
                for field in self._fields
                if (chosen := _indexes_of(field.elements, indexes))
            ],
            [
                (text.name, text.read, _getter(chosen), chosen[0])
                for text in self._texts
                if (chosen := _indexes_of(text.elements, indexes))
            ],
        )
        if len(tags) <= _MAX_CHILDREN and len(self) < _MAX_PLANS:
            self[tags] = steps
        return steps


def _indexes_of(names: Iterable[str], indexes: dict[str, list[int]]) -> list[int]:
    """Return the indexes of the elements with these names, preferred names first."""
    return [index for name in names for index in indexes.get(name, ())]


def _getter(indexes: list[int]) -> _Get:
    """Return a getter of the elements at these indexes."""
    if len(indexes) == 1:  # itemgetter(index) would return the element itself and not a list
        return itemgetter(slice(indexes[0], indexes[0] + 1))
    return itemgetter(*indexes)
