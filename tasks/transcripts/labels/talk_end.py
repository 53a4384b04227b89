"""The end of the talk: comments, an index, credits and page chrome after it are nobody's."""

import re
from collections.abc import Callable, Sequence

from tasks.transcripts.labels.asides import is_emphasised
from tasks.transcripts.labels.candidates import HeadingLine, PlacedText
from tasks.transcripts.labels.paragraph_start import ParagraphStart
from tasks.transcripts.labels.turn_length import has_words, is_line_in_capitals

_FEW_TURNS = 3
_MAX_CREDIT = 120
_LINK = re.compile(r"https?://|\bwww\.")
_COPYRIGHT = re.compile(r"(?:\u00a9|\(c\)|\bcopyright)\s*\d{4}", re.IGNORECASE)
_MAX_CAPITALS = 40
_ALL_IN_BRACKETS = re.compile(r"\W*\[[^\[\]a-z]{4,80}\]\W*")


def end_of_talk(
    parsed: Sequence[tuple[str, ParagraphStart]], turns: Sequence[int], usual: int | None
) -> int:
    """The index of the first paragraph after the talk; their number where nothing shows an end.

    After the last label, a heading, ``[END OF INTERVIEW]``, ``CREDITS`` or a copyright ends it. So
    does one paragraph more than nearly all turns have, unless it has a time.

    Args:
        parsed: the paragraphs.
        turns: the indexes of those that begin a turn.
        usual: how many paragraphs nearly all turns have.
    """
    if not turns:
        return len(parsed)
    end = _shown_end(parsed, turns)
    spoken = [index for index in range(turns[-1], end) if has_words(parsed[index])]
    if usual is None or len(spoken) <= usual:
        return end
    start = parsed[spoken[usual]][1]
    return spoken[usual] if start.start_ms is None or start.label else end


def _shown_end(parsed: Sequence[tuple[str, ParagraphStart]], turns: Sequence[int]) -> int:
    """The index of the first paragraph after the last turn that is of another kind."""
    ends = _end_of(parsed[turns[0] : turns[-1] + 1])
    for index in range(turns[-1] + 1, len(parsed)):
        following = parsed[index + 1][0] if index + 1 < len(parsed) else ""
        if ends(parsed[index][0], following):
            return index
    return len(parsed)


def _end_of(talk: Sequence[tuple[str, ParagraphStart]]) -> Callable[[str, str], bool]:
    """Whether a paragraph after the last turn is of another kind than what the talk has."""
    paragraphs = [paragraph for paragraph, _ in talk]
    elements = {each.element for each in paragraphs if isinstance(each, PlacedText)}
    marks = {_mark(each) for each in paragraphs if is_emphasised(each)}
    is_few = len(talk) < _FEW_TURNS

    def ends(paragraph: str, following: str) -> bool:
        if isinstance(paragraph, HeadingLine) or _ALL_IN_BRACKETS.fullmatch(paragraph):
            return True
        if isinstance(paragraph, PlacedText) and not is_few and paragraph.element not in elements:
            return True
        is_apart = is_emphasised(paragraph) and _mark(paragraph) not in marks
        return is_apart or _is_credits(paragraph, following)

    return ends


def _mark(paragraph: str) -> str:
    return paragraph[: len(paragraph) - len(paragraph.lstrip("*_"))]


def _is_credits(paragraph: str, following: str) -> bool:
    is_title = len(following) > _MAX_CAPITALS and not following.isupper()
    return _COPYRIGHT.search(paragraph) is not None or (is_title and is_line_in_capitals(paragraph))


def is_credit(paragraph: str) -> bool:
    """Whether a paragraph after the talk is a program's line: "Transcribed by https://…"."""
    return len(paragraph) <= _MAX_CREDIT and _LINK.search(paragraph) is not None
