"""Candidates for labels: texts at the start of a unit that may name its speaker, and their shapes.

A unit is a paragraph, or a line of a cue. Candidates are gathered without a veto by words.
"""

from enum import IntEnum
from typing import NamedTuple


class LabelShape(IntEnum):
    """How a candidate is set apart from the text; the strongest first."""

    MARKED = 0  # **Name:**, cite
    TIMED = 1  # a time beside it
    BARE = 2  # Name:
    BRACKET = 3  # [Name] text, Name - text, **Name** text
    SIGN = 4  # the document's own sign behind the name: Name | text (``openings.py``)
    HEADING = 5  # ## Name, h3, dt, and **Name** on a line of its own
    LINE = 6  # a line of its own


# Shapes that most documents use for other things: only a document that is written in one has
# labels of it.
WEAK_SHAPES = frozenset(LabelShape) - {LabelShape.MARKED, LabelShape.TIMED, LabelShape.BARE}


class HeadingLine(str):
    """A paragraph that the markup of the format makes a heading."""

    __slots__ = ()


class TermLine(str):
    """A paragraph that the markup of the format makes the term of a definition list."""

    __slots__ = ()


class PlacedText(str):
    """A paragraph whose place in the tree of its document is known.

    ``path`` has the numbers of the containers that are open, the outermost first; ``element`` is
    its own tag, with its attributes.
    """

    __slots__ = ("element", "path")

    path: tuple[int, ...]
    element: str


def in_same_place(text: str, paragraph: str) -> str:
    """A part of a paragraph, with the place of the whole."""
    if not isinstance(paragraph, PlacedText):
        return text
    placed = PlacedText(text)
    placed.path, placed.element = paragraph.path, paragraph.element
    return placed


class EndOfQuote(str):
    """The end of a quote that began with a label: what follows it is not the quoted person's."""

    __slots__ = ()


_PLAIN = frozenset({str, PlacedText})


def is_plain(paragraph: str) -> bool:
    """Whether a paragraph is neither a heading nor another mark of the format."""
    return type(paragraph) in _PLAIN


class Occurrence(NamedTuple):
    """One candidate in the document: its unit, its shape, and what is beside it.

    ``alone``: nothing else is on its line; ``empty``: nothing else is in its unit; ``mark``: the
    signs of its emphasis; ``goes_on``: the words behind it go on in small letters; ``shouts``: they
    are in capitals.
    """

    unit: int
    label: str
    shape: LabelShape
    alone: bool
    timed: bool = False
    empty: bool = False
    mark: str = ""
    goes_on: bool = False
    shouts: bool = False
