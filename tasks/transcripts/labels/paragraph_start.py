"""The start of a paragraph: a candidate for a label, a time, both or neither, in all shapes.

``Name: …``, ``**Name:** …``, ``**Name**: …``, ``*Name (0:00:15)*: …``, ``Name (00:00:00): …``,
``[00:00:01] Name: …``, ``**[00:00:01] Name:** …``, ``[Name] …``, ``(speaker 0) …``, ``<Name> …``,
``Name - …``, ``**Name** …``; and on a line of their own ``Name: 00:01:30``, ``Name 00:01:30``,
``00:01:30 - Name``, ``**Name**``, ``Name``.
No word is vetoed here: the document decides (``decision.py``).
"""

import re
from functools import lru_cache
from typing import NamedTuple

from tasks.transcripts.labels.candidates import HeadingLine, LabelShape, TermLine
from tasks.transcripts.labels.validity import MAX_PROSE_LABEL, clean_label, name_form
from tasks.transcripts.timestamps import CLOCK, parse_clock

_BRACKETED = rf"\\?[\[(]\s*\(?({CLOCK})\)?\s*\\?[\])]"
_LINKED = r"(?:\(https?://[^()\s]{1,300}\))?"  # "[0:03](https://…)"
_LEADING_TIME = re.compile(rf"(?:{_BRACKETED}{_LINKED}|`({CLOCK})`)[ \t]*[-\u2013\u2014:]?\s*")
# Without brackets only where no sentence can begin like this: "4:30 is when we met" is speech.
_BARE_TIME = re.compile(
    rf"({CLOCK})(?:[ \t]*(?:[-\u2013\u2014|][ \t]+|\n|$)|[ ]*\t[ \t]*)"
    r"|(\d{1,2}:\d\d:\d\d(?:[.,]\d+)?):?[ \t]+"
)
# "12:30 Name: text": a time before what may be a label.
_TIME_AND_LABEL = re.compile(rf"(\d{{1,3}}:\d\d)[ \t]+(?=[^\W\d_][^:\n]{{0,{MAX_PROSE_LABEL}}}:\s)")
# "0:02 Name" on a line of its own, with words on the next.
_TIME_AND_LINE = re.compile(r"(\d{1,3}:[0-5]\d)[ \t]+(?=[^\n]{1,60}(?<![.?!,;:])\n[ \t]*\S)")
_SPELT_TIME = re.compile(
    r"(?:(\d{1,2}) hours? )?(?:(\d{1,2}) minutes? )?(\d{1,2}) seconds?[ \t]*(?:\n|$)"
)
_EMPHASISED = re.compile(
    rf"(\*{{1,3}}|_{{1,3}})(?P<inner>[^\n]{{0,{MAX_PROSE_LABEL + 20}}}?)\1(?![\w*])"
    rf"(?P<after>[ \t]*(?:[*_]?{_BRACKETED}{_LINKED}[*_]?|{CLOCK}(?=[ \t]*(?:\n|$)))?"
    r"[ \t]*:{0,2})"
    r"(?P<space>\s*)"
)
_AFTER_POINT = re.compile(r"[-\u2013-\u2015]\s+(?=\S)")
_ENDS_IN_TIME = re.compile(
    rf"[\s,\u2013\u2014\u00b7\u2022|/@-]*(?:{_BRACKETED}|(?<!\S)({CLOCK}))\s*:?\s*$"
)
_TIMED = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}}?)(?<![ \t])"
    rf"[ \t]*+[,\u2013\u2014\u00b7\u2022|/@-]?[ \t]*+(?:{_BRACKETED}|(?<!\S)({CLOCK}))"
    r"[ \t]*+(?:[\u2013\u2014-]?[ \t]*:+\s*|\n\s*|$|(?P<inline>(?<=[ \t])(?=\S)))"
)
# The form of most turns. The match has all that matters, so it is parsed once for each label.
_USUAL = re.compile(rf"\*\*[^*:\n]{{1,{MAX_PROSE_LABEL}}}:\*\* (?=[A-Za-z])")
# A link after the colon is not speech: "Slides: https://…".
_BARE_LABEL = re.compile(
    rf"([^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=[\s\u2013\u2014-]|$)|\uff1a)"
    r"(?!\s*<?https?:)\s*"
)
# "Name:text", which many documents use for other things.
_NO_SPACE = re.compile(rf"([^:\n]{{1,{MAX_PROSE_LABEL}}}[^\W\d_]):(?=[^\W\d_a-z]|[¿¡\"“«])")
_IN_BRACKETS = re.compile(
    rf"\\?(?:\[([^\[\]\n:]{{1,{MAX_PROSE_LABEL}}})\\?\]|\(([^()\n:]{{1,{MAX_PROSE_LABEL}}})\))"
    r"(?![(:\uff1a])[ \t]*(?:\n\s*|$|(?=\S))"
)
_LONG_DASH = re.compile("[\u2013-\u2015]")
_MAX_DASHED = 44  # characters of a label before a dash
# "Name - text" and "<Name> text".
_SET_APART = re.compile(
    r"((?:[^\s:]|[ ](?![-\u2013-\u2015])){1,40}) [-\u2013-\u2015]{1,2} (?=\S)"
    r"|<([^<>\n/]{1,40})>[ \t]*(?=\S)"
)
_DASH = re.compile(r"\S [-\u2013-\u2015]{1,2} \S")
_MAX_LINE = 60  # characters of a label on a line of its own
_LINE_ENDS = tuple(".?!,;:…\u3002\uff1f\uff01\uff0c")


class ParagraphStart(NamedTuple):
    """The start of a paragraph: label, its shape, time, and where the text begins.

    ``label`` is None without a candidate, '' for an unknown speaker ("_:_"). ``rest`` is the offset
    of the text, in characters. ``alone``: nothing else is on the line. ``mark``: the signs of an
    emphasis.
    """

    label: str | None
    shape: LabelShape
    start_ms: int | None
    rest: int
    alone: bool = False
    mark: str = ""


_NOTHING = ParagraphStart(None, LabelShape.BARE, start_ms=None, rest=0)


def parse_paragraph_start(paragraph: str) -> ParagraphStart:
    """Parse the start of a paragraph that has no white space before it; bounded time."""
    if turn := _USUAL.match(paragraph):
        return _parse_usual(turn[0])
    if isinstance(paragraph, HeadingLine | TermLine):
        return _parse_heading(paragraph)
    if paragraph[:1].isalpha() and not _has_colon_near(paragraph):
        return _parse_without_colon(paragraph, 0, None)
    return _parse_any(paragraph)


def _has_colon_near(paragraph: str) -> bool:
    """Whether the first line has a colon that a label may have before it."""
    bound = MAX_PROSE_LABEL + 1
    colon = paragraph.find(":", 0, bound)
    if colon < 0 and (paragraph.isascii() or paragraph.find("\uff1a", 0, bound) < 0):
        return False
    newline = paragraph.find("\n", 0, bound)
    return newline < 0 or -1 < colon < newline or paragraph.find("\uff1a", 0, newline) > -1


@lru_cache(maxsize=4096)  # a document has few labels and many turns
def _parse_usual(head: str) -> ParagraphStart:
    return _parse_any(f"{head}a")  # a letter follows: the label is not alone


def _parse_heading(paragraph: str) -> ParagraphStart:
    start = _parse_any(paragraph)
    label = start.label if start.rest == len(paragraph) else clean_label(paragraph)
    return ParagraphStart(
        label or None, LabelShape.HEADING, start.start_ms, len(paragraph), alone=True
    )


def _parse_any(paragraph: str) -> ParagraphStart:
    start_ms, begin = parse_leading_time(paragraph, 0)
    if start_ms is None and (
        time := _TIME_AND_LABEL.match(paragraph) or _TIME_AND_LINE.match(paragraph)
    ):
        start_ms, begin = parse_clock(time[1]), time.end()
    start = _parse_label(paragraph, begin)
    if start.label is None:
        return _parse_without_colon(paragraph, begin, start_ms)
    if start.start_ms is None:
        late_ms, rest = parse_leading_time(paragraph, start.rest)
        if late_ms is not None:
            whole_line = rest == len(paragraph) or paragraph[rest - 1] == "\n"
            shape = (
                LabelShape.TIMED if whole_line and start.shape is LabelShape.BARE else start.shape
            )
            start = start._replace(shape=shape, start_ms=late_ms, rest=rest)
    if start.start_ms is None and start_ms is not None:
        return start._replace(start_ms=start_ms, rest=max(start.rest, begin))
    return start


def parse_leading_time(paragraph: str, begin: int = 0) -> tuple[int | None, int]:
    """A time at an offset, in milliseconds, and the offset behind it."""
    first = paragraph[begin : begin + 1]
    if first in ("[", "(", "\\", "`"):
        time = _LEADING_TIME.match(paragraph, begin)
    elif first.isdigit():
        time = _BARE_TIME.match(paragraph, begin)
        if time is None and (spelt := _SPELT_TIME.match(paragraph, begin)):
            return parse_clock(":".join(part or "0" for part in spelt.groups())), spelt.end()
    else:
        return None, begin
    return (parse_clock(time[time.lastindex or 1]), time.end()) if time else (None, begin)


def _parse_without_colon(paragraph: str, begin: int, start_ms: int | None) -> ParagraphStart:
    before = paragraph[begin : begin + _MAX_DASHED]
    has_sign = " - " in before or _LONG_DASH.search(before) or before[:1] == "<"
    if has_sign and (apart := _SET_APART.match(paragraph, begin)):
        label = clean_label(apart[1] or apart[2])
        return ParagraphStart(label, LabelShape.BRACKET, start_ms, apart.end())
    if paragraph.find("\n", begin, begin + _MAX_LINE) < 0 and len(paragraph) > begin + _MAX_LINE:
        return _NOTHING._replace(start_ms=start_ms, rest=begin)
    return _parse_line(paragraph, begin, start_ms)


def _parse_line(paragraph: str, begin: int, start_ms: int | None) -> ParagraphStart:
    """A short line of its own without a colon, which text may follow; with or without a time."""
    end = paragraph.find("\n", begin, begin + _MAX_LINE + 1)
    if end < 0:
        end = len(paragraph)
    line = paragraph[begin:end].strip()
    nothing = ParagraphStart(None, LabelShape.BARE, start_ms, begin)
    if not line or len(line) > _MAX_LINE or line.endswith(_LINE_ENDS):
        return nothing
    late_ms, rest = parse_leading_time(paragraph, min(end + 1, len(paragraph)))
    start_ms = late_ms if start_ms is None else start_ms
    label = clean_label(line)
    if not any(map(str.isalpha, label)):
        return nothing
    return ParagraphStart(label, LabelShape.LINE, start_ms, rest, alone=True)


def _parse_label(paragraph: str, begin: int) -> ParagraphStart:
    first = paragraph[begin : begin + 1]
    if first in ("*", "_"):
        return _parse_emphasised(paragraph, begin)
    if first in ("[", "(", "\\") and (inside := _IN_BRACKETS.match(paragraph, begin)):
        alone = paragraph[inside.end() - 1] == "\n" or inside.end() == len(paragraph)
        label = clean_label(inside[1] or inside[2])
        return ParagraphStart(label, LabelShape.BRACKET, None, inside.end(), alone)
    if first == "<" and (apart := _SET_APART.match(paragraph, begin)):
        label = clean_label(apart[1] or apart[2])
        return ParagraphStart(label, LabelShape.BRACKET, None, apart.end())
    bound = begin + MAX_PROSE_LABEL + 1
    colon = paragraph.find(":", begin, bound)
    if colon > 0 and paragraph[colon - 1].isdigit() and (timed := _parse_timed(paragraph, begin)):
        return timed
    if colon < 0 and (paragraph.isascii() or paragraph.find("\uff1a", begin, bound) < 0):
        return _NOTHING
    return _parse_bare(paragraph, begin)


def _parse_bare(paragraph: str, begin: int) -> ParagraphStart:
    bare = _BARE_LABEL.match(paragraph, begin)
    if bare is None:
        close = _NO_SPACE.match(paragraph, begin)
        if close is None:
            return _NOTHING
        return ParagraphStart(clean_label(close[1]), LabelShape.BARE, None, close.end())
    label, rest = clean_label(bare[1]), bare.end()
    if _DASH.search(label) and not name_form(label):
        return _NOTHING  # "Name - My answer is: yes": what matters is the dash
    return ParagraphStart(label, LabelShape.BARE, None, rest, _is_alone(paragraph, rest))


def _is_alone(paragraph: str, rest: int) -> bool:
    return rest == len(paragraph) or paragraph[rest - 1] == "\n"


def _parse_emphasised(paragraph: str, begin: int) -> ParagraphStart:
    match = _EMPHASISED.match(paragraph, begin)
    if match is None:
        return _NOTHING
    alone = "\n" in match["space"] or match.end() == len(paragraph)
    inner, after = match["inner"].rstrip(), match["after"].strip()
    label, start_ms = _parse_emphasis(inner, after)
    if inner.endswith((":", ".-", ".\u2013", ".\u2014")) or after:
        return ParagraphStart(label, LabelShape.MARKED, start_ms, match.end(), alone, match[1])
    if alone and label:
        return ParagraphStart(label, LabelShape.HEADING, start_ms, match.end(), alone)
    dash = _AFTER_POINT.match(paragraph, match.end())
    if dash:  # "**Name.** - text", "*Name* - text"
        return ParagraphStart(label.rstrip("."), LabelShape.BRACKET, start_ms, dash.end())
    return ParagraphStart(label, LabelShape.BRACKET, start_ms, match.end())


@lru_cache(maxsize=4096)
def _parse_emphasis(inner: str, after: str) -> tuple[str, int | None]:
    start_ms, begin = parse_leading_time(inner, 0)
    time = _ENDS_IN_TIME.search(inner, begin) if inner[-1:] in "0123456789)]:" else None
    label = clean_label(inner[begin : time.start()] if time else inner[begin:])
    clock = time[time.lastindex or 1] if time else after.partition("](")[0].strip("\\[]():- *_")
    return label, parse_clock(clock) if clock else start_ms


def _parse_timed(paragraph: str, begin: int) -> ParagraphStart | None:
    match = _TIMED.match(paragraph, begin)
    if match is None:
        return None
    start_ms = parse_clock(match[2] or match[3])
    if match["inline"] is not None and (dash := _AFTER_POINT.match(paragraph, match.end())):
        inner = _parse_bare(paragraph, dash.end())  # "Min 0:03 - Name: text"
        if inner.label:
            return inner._replace(start_ms=start_ms)
    shape = LabelShape.TIMED if match["inline"] is None else LabelShape.BARE
    alone = _is_alone(paragraph, match.end())
    return ParagraphStart(clean_label(match[1]), shape, start_ms, match.end(), alone)
