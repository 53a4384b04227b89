"""What the children of an item say, field by field: worked out once for items that look alike."""

from collections.abc import Callable, Iterable
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from lxml.etree import _Element

from tasks.feeds.elements import Children, Context, Elements, children_of
from tasks.feeds.namespaces import Names

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


def read_fields(context: Context, children: Children, fields: Iterable[Field]) -> dict[str, Any]:
    """Return the fields that the children of one element say."""
    said: dict[str, Any] = {}
    for field in fields:
        elements = children.all(*field.elements)
        if elements and field.name not in said:
            value = field.read(context, elements)
            if value is not None:
                said[field.name] = value
    return said


# A field that is there, how it is read, and what takes its elements out of the list of all. A plain
# tuple, which is unpacked much faster than a named one.
_Step = tuple[str, Reader, Callable[[list[_Element]], Elements]]


class Fields(dict[tuple[str, ...], list[_Step]]):
    """How to read one kind of element in one document: for each sequence of tags, the steps.

    Nearly all items of a feed have children with the same tags, so that what a field is called,
    which name goes first and what is missing are looked up once and not for every item.
    """

    def __init__(self, context: Context, fields: Iterable[Field]) -> None:
        super().__init__()
        self._context = context
        self._fields = tuple(fields)

    def read(self, element: _Element) -> dict[str, Any]:
        """Return the fields that the children say. This is the hot loop of parsing."""
        said: dict[str, Any] = {}
        children = children_of(element)
        for name, read, pick in self[tuple(map(_TAG, children))]:
            if name not in said:
                value = read(self._context, pick(children))
                if value is not None:
                    said[name] = value
        return said

    def __missing__(self, tags: tuple[str, ...]) -> list[_Step]:
        steps = _steps(self._fields, self._context.names, tags)
        if len(tags) <= _MOST_CHILDREN and len(self) < _MOST_PLANS:
            self[tags] = steps
        return steps


def _steps(fields: Iterable[Field], names: Names, tags: Iterable[str]) -> list[_Step]:
    places: dict[str, list[int]] = {}
    for place, tag in enumerate(tags):
        places.setdefault(names[tag], []).append(place)
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
