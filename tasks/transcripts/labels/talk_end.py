"""The end of the talk: comments, an index, credits and page chrome after it are nobody's."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from tasks.transcripts.labels.asides import is_emphasised, is_stage_direction
from tasks.transcripts.labels.candidates import HeadingLine, PlacedText, is_plain
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
    ends = _end_of(parsed[turns[0] : turns[-1] + 1])
    for index in range(turns[-1] + 1, len(parsed)):
        following = parsed[index + 1][0] if index + 1 < len(parsed) else ""
        if ends(parsed[index][0], following):
            return index
    usual = _paragraphs_of_each_turn(parsed, turns)
    spoken = [index for index in range(turns[-1], len(parsed)) if _has_words(parsed[index])]
    if usual is None or len(spoken) <= usual:
        return len(parsed)
    start = parsed[spoken[usual]][1]
    return spoken[usual] if start.start_ms is None or start.label else len(parsed)


def _end_of(talk: Sequence[tuple[str, ParagraphStart]]) -> Callable[[str, str], bool]:
    """Whether a paragraph after the last turn is of another kind than what the talk has."""
    paragraphs = [paragraph for paragraph, _ in talk]
    elements = {each.element for each in paragraphs if isinstance(each, PlacedText)}
    is_few, has_emphasised = len(talk) < _FEW_TURNS, any(map(is_emphasised, paragraphs))

    def ends(paragraph: str, following: str) -> bool:
        if isinstance(paragraph, HeadingLine) or _ALL_IN_BRACKETS.fullmatch(paragraph):
            return True
        if isinstance(paragraph, PlacedText) and not is_few and paragraph.element not in elements:
            return True
        is_apart = is_emphasised(paragraph) and not has_emphasised
        return is_apart or _is_credits(paragraph, following)

    return ends


def _is_credits(paragraph: str, following: str) -> bool:
    is_title = len(following) > _MAX_CAPITALS and not following.isupper()
    return _COPYRIGHT.search(paragraph) is not None or (
        is_title and _is_line_in_capitals(paragraph)
    )


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
    spoken = [_has_words(each) for each in parsed]
    gaps = {sum(spoken[a:b]) for a, b in pairwise(turns)}
    return usual if gaps == {usual} else None


def _has_words(parsed: tuple[str, ParagraphStart]) -> bool:
    """Whether a paragraph is more than a time, a heading, or a stage direction."""
    paragraph, start = parsed
    if start.label is not None and paragraph[:2] == "**":
        return True
    if not is_plain(paragraph):
        return False
    if is_stage_direction(paragraph) or _is_line_in_capitals(paragraph):
        return False
    return start.label is not None or start.start_ms is None or start.rest < len(paragraph)
