"""Interludes between two marks, ``[ADVERTISEMENT]`` … ``[END ADVERTISEMENT]``: nobody's."""

import re
from collections.abc import Sequence

from tasks.transcripts.labels.non_person import is_sound
from tasks.transcripts.labels.paragraph_start import ParagraphStart

_MARK = re.compile(r"\W{0,4}[\[(]([^\[\]()]{3,60})[\])]\W{0,4}")
_WORD = re.compile(r"\w+")
_MAX_PARAGRAPHS = 40


def interludes(
    parsed: Sequence[tuple[str, ParagraphStart]], begins: Sequence[bool]
) -> frozenset[int]:
    """The indexes of paragraphs between the mark of a sound and a longer one with its words.

    Args:
        parsed: the paragraphs.
        begins: whether each begins a turn; an interlude has no turns.
    """
    found: set[int] = set()
    opening: tuple[int, set[str]] | None = None
    for index, (paragraph, _) in enumerate(parsed):
        if begins[index]:
            opening = None
        elif paragraph[:1] in "[(*" and (mark := _MARK.fullmatch(paragraph)):
            words = set(_WORD.findall(mark[1].casefold()))
            if opening and opening[1] < words:
                found.update(range(opening[0], index + 1))
                opening = None
            elif is_sound(mark[1]):
                opening = index, words
        if opening and index - opening[0] > _MAX_PARAGRAPHS:
            opening = None
    return frozenset(found)
