"""The end of the talk: comments, an index, credits and page chrome after it are nobody's."""

import re
from collections.abc import Sequence
from itertools import pairwise

from tasks.transcripts.labels.candidates import HeadingLine
from tasks.transcripts.labels.paragraph_start import ParagraphStart

_FEW_TURNS = 3
_MAX_CREDIT = 120
_LINK = re.compile(r"https?://|\bwww\.")
_COPYRIGHT = re.compile(r"\u00a9\s*\d{4}")
_MAX_CAPITALS = 40
_ALL_IN_BRACKETS = re.compile(r"\W*\[[^\[\]a-z]{4,80}\]\W*")


def end_of_talk(parsed: Sequence[tuple[str, ParagraphStart]], begins: Sequence[bool]) -> int:
    """The index of the first paragraph after the talk; their number where nothing shows an end.

    After the last label, a heading, ``[END OF INTERVIEW]``, ``CREDITS`` or a copyright ends it. So
    does a second paragraph without a time, where every turn before had one.

    Args:
        parsed: the paragraphs.
        begins: whether each begins a turn.
    """
    turns = [index for index, is_label in enumerate(begins) if is_label]
    if not turns:
        return len(parsed)
    for index in range(turns[-1] + 1, len(parsed)):
        paragraph = parsed[index][0]
        if isinstance(paragraph, HeadingLine) or _ALL_IN_BRACKETS.fullmatch(paragraph):
            return index
        if _COPYRIGHT.search(paragraph):
            return index
        text = parsed[index + 1][0] if index + 1 < len(parsed) else ""
        if _is_line_in_capitals(paragraph) and len(text) > _MAX_CAPITALS and not text.isupper():
            return index
    usual = _paragraphs_of_each_turn(parsed, turns)
    after = turns[-1] + (usual or 0)
    regular = usual is not None and after < len(parsed) and parsed[after][1].start_ms is None
    return after if regular else len(parsed)


def _is_line_in_capitals(paragraph: str) -> bool:
    is_line = len(paragraph) <= _MAX_CAPITALS and paragraph[-1:].isalpha()
    return is_line and paragraph.isupper() and sum(map(str.isalpha, paragraph)) > _FEW_TURNS


def is_credit(paragraph: str) -> bool:
    """Whether a paragraph after the talk is a program's line: "Transcribed by https://…"."""
    return len(paragraph) <= _MAX_CREDIT and _LINK.search(paragraph) is not None


def _paragraphs_of_each_turn(
    parsed: Sequence[tuple[str, ParagraphStart]], turns: list[int]
) -> int | None:
    """How many paragraphs each turn has, if all but the last have one; None otherwise."""
    if len(turns) < _FEW_TURNS:
        return None
    paragraph, start = parsed[turns[0]]
    usual = 1 if start.rest < len(paragraph) else 2
    gaps = {b - a for a, b in pairwise(turns)}
    return usual if gaps == {usual} else None
