"""What the children of an item say, field by field: worked out once for items that look alike."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from lxml.etree import _Element

from tasks.feeds.elements import Children, Context, Elements, children_of, first_text

Reader = Callable[[Context, Elements], Any]

_TAG = attrgetter("tag")
# Real feeds have up to a hundred plans, for items of up to forty children. What has more only
# wants to fill the memory.
_MOST_PLANS = 1_000
_MOST_CHILDREN = 200


class Field(NamedTuple):
    """One way in which elements can say a field of a value.

    Attributes:
        name: the field. Where several ways lead to one, the first that says something counts.
        read: makes the value of the elements; None says nothing.
        elements: their names, the better ones first, in the spelling of
            :class:`tasks.feeds.namespaces.Names`.
    """

    name: str
    read: Reader
    elements: tuple[str, ...]


class Text(NamedTuple):
    """A field that is made of a text: the first of these elements that is not blank.

    Texts are looked at after the fields that are read of elements.
    """

    name: str
    read: Callable[[str], Any]
    elements: tuple[str, ...]


def read_fields(
    context: Context, children: Children, fields: Iterable[Field], texts: Iterable[Text]
) -> dict[str, Any]:
    """Return the fields that the children of one element say."""
    said: dict[str, Any] = {}
    for field in fields:
        elements = children.all(*field.elements)
        if elements and field.name not in said:
            _note(said, field.name, field.read(context, elements))
    for text in texts:
        raw = children.first(*text.elements)
        if raw and text.name not in said:
            _note(said, text.name, text.read(raw))
    return said


def _note(said: dict[str, Any], name: str, value: object) -> None:
    if value is not None:
        said[name] = value


# A field or text that is there, how it is read, and what takes its elements out of the list of all.
# A plain tuple, which is unpacked much faster than a named one.
_Pick = Callable[[list[_Element]], Elements]
_Steps = tuple[list[tuple[str, Reader, _Pick]], list[tuple[str, Callable[[str], Any], _Pick]]]


class Fields(dict[tuple[str, ...], _Steps]):
    """How to read one kind of element in one document: for each sequence of tags, the steps.

    Nearly all items of a feed have children with the same tags, so that what a field is called,
    which name goes first and what is missing are looked up once and not for every item.
    """

    def __init__(self, context: Context, fields: Sequence[Field], texts: Sequence[Text]) -> None:
        super().__init__()
        self._context = context
        self._fields = fields
        self._texts = texts

    def read(self, element: _Element) -> dict[str, Any]:
        """Return the fields that the children say. This is the hot loop of parsing."""
        said: dict[str, Any] = {}
        children = children_of(element)
        fields, texts = self[tuple(map(_TAG, children))]
        for name, read, pick in fields:
            if name not in said:
                value = read(self._context, pick(children))
                if value is not None:
                    said[name] = value
        for name, read_text, pick in texts:
            if name not in said and (text := first_text(pick(children))):
                value = read_text(text)
                if value is not None:
                    said[name] = value
        return said

    def __missing__(self, tags: tuple[str, ...]) -> _Steps:
        places: dict[str, list[int]] = {}
        for place, tag in enumerate(tags):
            places.setdefault(self._context.names[tag], []).append(place)
        steps = _steps(self._fields, places), _steps(self._texts, places)
        if len(tags) <= _MOST_CHILDREN and len(self) < _MOST_PLANS:
            self[tags] = steps
        return steps


def _steps(fields: Iterable[Any], places: dict[str, list[int]]) -> list[Any]:
    return [
        (field.name, field.read, _picking(field.elements, places))
        for field in fields
        if not places.keys().isdisjoint(field.elements)
    ]


def _picking(
    names: Iterable[str], places: dict[str, list[int]]
) -> Callable[[list[_Element]], Elements]:
    """Return what takes the elements of these names out of the list of all."""
    wanted = [place for name in names for place in places.get(name, ())]
    if len(wanted) == 1:  # itemgetter(place) would give the element itself and not a list
        return itemgetter(slice(wanted[0], wanted[0] + 1))
    return itemgetter(*wanted)
