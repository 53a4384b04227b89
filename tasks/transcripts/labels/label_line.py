"""How a paragraph opens: with a label, a time, both or neither, in any of the published shapes.

``Name: …``, ``**Name:** …``, ``**Name**: …``, ``*Name (0:00:15)*: …``, ``Name (00:00:00): …``,
``[00:00:01] Name: …``, ``Name: 00:01:30`` and ``Name 00:01:30`` on a line of their own.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tasks.transcripts.labels.validity import (
    MAX_PROSE_LABEL,
    clean_label,
    has_name_shape,
    is_no_sentence,
)
from tasks.transcripts.timestamps import CLOCK, parse_clock

_BOXED = rf"\\?[\[(]\s*({CLOCK})\s*\\?[\])]"
_LEADING_TIME = re.compile(rf"{_BOXED}[ \t]*[-\u2013\u2014:]?\s*")
# Without brackets only where no sentence can begin so: "4:30 is when we met" is words.
_NAKED_TIME = re.compile(
    rf"({CLOCK})[ \t]*(?:[-\u2013\u2014|][ \t]+|\n|$)|(\d{{1,2}}:\d\d:\d\d(?:[.,]\d+)?)[ \t]+"
)
_EMPHASISED = re.compile(
    rf"(\*{{1,3}}|_{{1,3}})(?P<inner>[^\n]{{0,{MAX_PROSE_LABEL + 20}}}?)\1(?![\w*])"
    rf"(?P<after>[ \t]*(?:{_BOXED}|{CLOCK}(?=[ \t]*(?:\n|$)))?[ \t]*:?)\s*"
)
_ENDS_IN_TIME = re.compile(rf"[\s,\u2013\u2014-]*(?:{_BOXED}|(?<!\S)({CLOCK}))\s*:?\s*$")
_TIMED = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}}?)[ \t]*[,\u2013\u2014-]?[ \t]*"
    rf"(?:{_BOXED}|(?<!\S)({CLOCK}))"
    r"[ \t]*(?:[\u2013\u2014-]?[ \t]*:+\s*|\n\s*|$|(?P<inline>(?<=[ \t])(?=\S)))"
)
# The shape of most turns, read once for each label: all that matters is in the match.
_USUAL = re.compile(rf"\*\*[^*:\n]{{1,{MAX_PROSE_LABEL}}}:\*\* (?=[A-Za-z])")
_COLON_NEAR = re.compile(rf"[^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}}[:\uff1a]")
# A link after the colon is no speech: "Slides: https://…".
_BARE = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=[\s\u2013\u2014-]|$)|\uff1a)"
    r"(?!\s*<?https?:)\s*"
)


class Opening(NamedTuple):
    """What opens a paragraph.

    ``label`` is None when there is none, '' when nobody is named ("_:_"). ``sure`` tells that
    typography or a time marks it; else only a colon does, and the document has to decide.
    ``rest`` is where the words begin, in characters.
    """

    label: str | None
    sure: bool
    start_ms: int | None
    rest: int


_NOTHING = Opening(None, sure=False, start_ms=None, rest=0)


def read_opening(paragraph: str) -> Opening:
    """Return how a paragraph (no white space before it) opens; bounded time."""
    if turn := _USUAL.match(paragraph):
        return _read_usual(turn[0])
    if paragraph[:1].isalpha() and not _COLON_NEAR.match(paragraph):
        return _NOTHING
    return _read_any(paragraph)


@lru_cache(maxsize=4096)  # a document has few labels and many turns
def _read_usual(head: str) -> Opening:
    return _read_any(head)


def _read_any(paragraph: str) -> Opening:
    start_ms, begin = _read_time(paragraph, 0)
    opening = _read_label(paragraph, begin)
    if opening.label is not None and opening.start_ms is None:
        late_ms, rest = _read_time(paragraph, opening.rest)
        if late_ms is not None:
            whole_line = rest == len(paragraph) or paragraph[rest - 1] == "\n"
            sure = opening.sure or (whole_line and has_name_shape(opening.label))
            opening = Opening(opening.label, sure, late_ms, rest)
    if opening.start_ms is None and start_ms is not None:
        return opening._replace(start_ms=start_ms, rest=max(opening.rest, begin))
    return opening


def _read_time(paragraph: str, begin: int) -> tuple[int | None, int]:
    first = paragraph[begin : begin + 1]
    if first in ("[", "(", "\\"):
        time = _LEADING_TIME.match(paragraph, begin)
    elif first.isdigit():
        time = _NAKED_TIME.match(paragraph, begin)
    else:
        return None, begin
    return (parse_clock(time[time.lastindex or 1]), time.end()) if time else (None, begin)


def _read_label(paragraph: str, begin: int) -> Opening:
    if paragraph.startswith(("*", "_"), begin):
        return _read_emphasised(paragraph, begin)
    bound = begin + MAX_PROSE_LABEL + 1
    colon = paragraph.find(":", begin, bound)
    if colon > 0 and paragraph[colon - 1].isdigit() and (timed := _read_timed(paragraph, begin)):
        return timed
    if colon < 0 and (paragraph.isascii() or paragraph.find("\uff1a", begin, bound) < 0):
        return _NOTHING
    bare = _BARE.match(paragraph, begin)
    return (
        Opening(clean_label(bare[1]), sure=False, start_ms=None, rest=bare.end())
        if bare
        else _NOTHING
    )


def _read_emphasised(paragraph: str, begin: int) -> Opening:
    match = _EMPHASISED.match(paragraph, begin)
    if match is None:
        return _NOTHING
    found = _read_emphasis(match["inner"], match["after"])
    return (
        _NOTHING
        if found is None
        else Opening(found[0], sure=True, start_ms=found[1], rest=match.end())
    )


@lru_cache(maxsize=4096)
def _read_emphasis(inner: str, after: str) -> tuple[str, int | None] | None:
    inner, after = inner.rstrip(), after.strip()
    if not (inner.endswith(":") or after):
        return None
    time = _ENDS_IN_TIME.search(inner) if inner[-1:] in "0123456789)]:" else None
    label = clean_label(inner[: time.start()] if time else inner)
    if label and not is_no_sentence(label):
        return None
    clock = time[time.lastindex or 1] if time else after.strip("\\[]():- ")
    return label, parse_clock(clock) if clock else None


def _read_timed(paragraph: str, begin: int) -> Opening | None:
    match = _TIMED.match(paragraph, begin)
    if match is None:
        return None
    label = clean_label(match[1])
    start_ms = parse_clock(match[2] or match[3])
    sure = match["inline"] is None and has_name_shape(label)
    return Opening(label, sure=sure, start_ms=start_ms, rest=match.end())
