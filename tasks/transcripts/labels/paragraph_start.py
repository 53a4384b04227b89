"""The start of a paragraph: a label, a time, both or neither, in all published forms.

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
    is_emphasised_label,
)
from tasks.transcripts.timestamps import CLOCK, parse_clock

_BRACKETED = rf"\\?[\[(]\s*({CLOCK})\s*\\?[\])]"
_LEADING_TIME = re.compile(rf"{_BRACKETED}[ \t]*[-\u2013\u2014:]?\s*")
# Without brackets only where no sentence can begin like this: "4:30 is when we met" is speech.
_BARE_TIME = re.compile(
    rf"({CLOCK})[ \t]*(?:[-\u2013\u2014|][ \t]+|\n|$)|(\d{{1,2}}:\d\d:\d\d(?:[.,]\d+)?)[ \t]+"
)
_EMPHASISED = re.compile(
    rf"(\*{{1,3}}|_{{1,3}})(?P<inner>[^\n]{{0,{MAX_PROSE_LABEL + 20}}}?)\1(?![\w*])"
    rf"(?P<after>[ \t]*(?:{_BRACKETED}|{CLOCK}(?=[ \t]*(?:\n|$)))?[ \t]*:?)\s*"
)
_ENDS_IN_TIME = re.compile(rf"[\s,\u2013\u2014-]*(?:{_BRACKETED}|(?<!\S)({CLOCK}))\s*:?\s*$")
_TIMED = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}}?)[ \t]*[,\u2013\u2014-]?[ \t]*"
    rf"(?:{_BRACKETED}|(?<!\S)({CLOCK}))"
    r"[ \t]*(?:[\u2013\u2014-]?[ \t]*:+\s*|\n\s*|$|(?P<inline>(?<=[ \t])(?=\S)))"
)
# The form of most turns. The match has all that matters, so it is parsed once for each label.
_USUAL = re.compile(rf"\*\*[^*:\n]{{1,{MAX_PROSE_LABEL}}}:\*\* (?=[A-Za-z])")
_COLON_NEAR = re.compile(rf"[^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}}[:\uff1a]")
# A link after the colon is not speech: "Slides: https://…".
_BARE_LABEL = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=[\s\u2013\u2014-]|$)|\uff1a)"
    r"(?!\s*<?https?:)\s*"
)


class ParagraphStart(NamedTuple):
    """The start of a paragraph: label, time, and where the text begins.

    ``label`` is None without a label, '' for an unknown speaker ("_:_"). ``sure`` is true when
    typography or a time marks the label; otherwise only a colon does, and the other paragraphs of
    the document decide. ``rest`` is the offset of the text, in characters.
    """

    label: str | None
    sure: bool
    start_ms: int | None
    rest: int


_NOTHING = ParagraphStart(None, sure=False, start_ms=None, rest=0)


def parse_paragraph_start(paragraph: str) -> ParagraphStart:
    """Parse the start of a paragraph that has no white space before it; bounded time."""
    if turn := _USUAL.match(paragraph):
        return _parse_usual(turn[0])
    if paragraph[:1].isalpha() and not _COLON_NEAR.match(paragraph):
        return _NOTHING
    return _parse_any(paragraph)


@lru_cache(maxsize=4096)  # a document has few labels and many turns
def _parse_usual(head: str) -> ParagraphStart:
    return _parse_any(head)


def _parse_any(paragraph: str) -> ParagraphStart:
    start_ms, begin = _parse_time(paragraph, 0)
    start = _parse_label(paragraph, begin)
    if start.label is not None and start.start_ms is None:
        late_ms, rest = _parse_time(paragraph, start.rest)
        if late_ms is not None:
            whole_line = rest == len(paragraph) or paragraph[rest - 1] == "\n"
            sure = start.sure or (whole_line and has_name_shape(start.label))
            start = ParagraphStart(start.label, sure, late_ms, rest)
    if start.start_ms is None and start_ms is not None:
        return start._replace(start_ms=start_ms, rest=max(start.rest, begin))
    return start


def _parse_time(paragraph: str, begin: int) -> tuple[int | None, int]:
    first = paragraph[begin : begin + 1]
    if first in ("[", "(", "\\"):
        time = _LEADING_TIME.match(paragraph, begin)
    elif first.isdigit():
        time = _BARE_TIME.match(paragraph, begin)
    else:
        return None, begin
    return (parse_clock(time[time.lastindex or 1]), time.end()) if time else (None, begin)


def _parse_label(paragraph: str, begin: int) -> ParagraphStart:
    if paragraph.startswith(("*", "_"), begin):
        return _parse_emphasised(paragraph, begin)
    bound = begin + MAX_PROSE_LABEL + 1
    colon = paragraph.find(":", begin, bound)
    if colon > 0 and paragraph[colon - 1].isdigit() and (timed := _parse_timed(paragraph, begin)):
        return timed
    if colon < 0 and (paragraph.isascii() or paragraph.find("\uff1a", begin, bound) < 0):
        return _NOTHING
    bare = _BARE_LABEL.match(paragraph, begin)
    return (
        ParagraphStart(clean_label(bare[1]), sure=False, start_ms=None, rest=bare.end())
        if bare
        else _NOTHING
    )


def _parse_emphasised(paragraph: str, begin: int) -> ParagraphStart:
    match = _EMPHASISED.match(paragraph, begin)
    if match is None:
        return _NOTHING
    label_and_time = _parse_emphasis(match["inner"], match["after"])
    return (
        _NOTHING
        if label_and_time is None
        else ParagraphStart(
            label_and_time[0], sure=True, start_ms=label_and_time[1], rest=match.end()
        )
    )


@lru_cache(maxsize=4096)
def _parse_emphasis(inner: str, after: str) -> tuple[str, int | None] | None:
    inner, after = inner.rstrip(), after.strip()
    if not (inner.endswith(":") or after):
        return None
    time = _ENDS_IN_TIME.search(inner) if inner[-1:] in "0123456789)]:" else None
    label = clean_label(inner[: time.start()] if time else inner)
    if label and not is_emphasised_label(label):
        return None
    clock = time[time.lastindex or 1] if time else after.strip("\\[]():- ")
    return label, parse_clock(clock) if clock else None


def _parse_timed(paragraph: str, begin: int) -> ParagraphStart | None:
    match = _TIMED.match(paragraph, begin)
    if match is None:
        return None
    label = clean_label(match[1])
    start_ms = parse_clock(match[2] or match[3])
    sure = match["inline"] is None and has_name_shape(label)
    return ParagraphStart(label, sure=sure, start_ms=start_ms, rest=match.end())
