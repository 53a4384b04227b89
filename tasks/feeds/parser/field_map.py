"""What the children of an item say, field by field: worked out once for items that look alike."""

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from lxml.etree import _Element

from tasks.feeds.parser.elements import Children, Context, Elements, children_of, first_text

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
            :class:`tasks.feeds.parser.namespaces.Names`.
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


# A field that is there, how it is read, and what takes its elements out of the list of all; a text
# that is there, with the place of the element that goes first. Plain tuples, which are unpacked
# much faster than named ones.
_Pick = Callable[[list[_Element]], Elements]
_FieldStep = tuple[str, Reader, _Pick]
_TextStep = tuple[str, Callable[[str], Any], _Pick, int]
_Steps = tuple[list[_FieldStep], list[_TextStep]]


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
        self._last_tags: tuple[str, ...] = ()
        self._last_steps: _Steps = ([], [])

    def read(self, parent: _Element) -> dict[str, Any]:
        """Return the fields that the children say. This is the hot loop of parsing."""
        said: dict[str, Any] = {}
        children = children_of(parent)
        tags = tuple(map(_TAG, children))
        if tags != self._last_tags:  # most items are like the one before them
            self._last_tags, self._last_steps = tags, self[tags]
        fields, texts = self._last_steps
        for name, read, pick in fields:
            if name not in said:
                value = read(self._context, pick(children))
                if value is not None:
                    said[name] = value
        for name, read_text, pick, first in texts:
            if name not in said:
                element = children[first]
                text = element.text
                if not text or len(element) or text.isspace():  # seldom
                    text = first_text(pick(children))
                if text and (value := read_text(text)) is not None:
                    said[name] = value
        return said

    def __missing__(self, tags: tuple[str, ...]) -> _Steps:
        places: dict[str, list[int]] = {}
        for place, tag in enumerate(tags):
            places.setdefault(self._context.names[tag], []).append(place)
        steps = (
            [
                (field.name, field.read, _picking(wanted))
                for field in self._fields
                if (wanted := _wanted(field.elements, places))
            ],
            [
                (text.name, text.read, _picking(wanted), wanted[0])
                for text in self._texts
                if (wanted := _wanted(text.elements, places))
            ],
        )
        if len(tags) <= _MOST_CHILDREN and len(self) < _MOST_PLANS:
            self[tags] = steps
        return steps


def _wanted(names: Iterable[str], places: dict[str, list[int]]) -> list[int]:
    """Return the places of the elements of these names, the better names first."""
    return [place for name in names for place in places.get(name, ())]


def _picking(wanted: list[int]) -> _Pick:
    """Return what takes the elements at these places out of the list of all."""
    if len(wanted) == 1:  # itemgetter(place) would give the element itself and not a list
        return itemgetter(slice(wanted[0], wanted[0] + 1))
    return itemgetter(*wanted)
