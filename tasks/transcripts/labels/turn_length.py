"""How many paragraphs a turn has, in documents in which nearly all have the same number."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from tasks.transcripts.labels.asides import is_stage_direction
from tasks.transcripts.labels.candidates import WEAK_SHAPES, is_plain
from tasks.transcripts.labels.decision import LabelDecision
from tasks.transcripts.labels.paragraph_start import ParagraphStart

_FEW_TURNS = 3
_ENOUGH_TURNS = 8  # turns among which a longer one is an exception
_MOST_LONGER = 0.15  # of the turns
_NEARLY_ALL = 0.85  # of the turns
_SENTENCE = re.compile(r"[.?!…\u0964\u3002\uff1f\uff01]\s")
_REMARK = re.compile(r"(?<=\S)\s*[(\[\uff08][^()\[\]\uff08\uff09]{1,60}[)\]\uff09]$")
_LINK = re.compile(r"\w://\S")
_ENDS = (".", "?", "!")  # the usual ones
_MAX_FRAGMENT = 100  # characters
_MAX_CAPITALS = 40  # characters of a line in capitals

Paragraph = tuple[str, ParagraphStart]


class TurnLength:
    """How many paragraphs the turns of a document have, and how their paragraphs end.

    Attributes:
        least: 1 where labels are beside the words of a turn, 2 where they are alone.
        usual: how many all turns but the last have; None where they differ.
        ends_sentences: whether nearly all turns end where a sentence does.
    """

    def __init__(self, parsed: Sequence[Paragraph], turns: Sequence[int]) -> None:
        beside = sum(parsed[index][1].rest < len(parsed[index][0]) for index in turns)
        self.least = 1 if 2 * beside >= len(turns) else 2
        spoken = [parsed[index + self.least - 1][0] for index in turns[:-1]]
        ended = sum(map(ends_sentence, spoken))
        enough = len(turns) >= _ENOUGH_TURNS
        self.ends_sentences = enough and ended >= _NEARLY_ALL * len(spoken)
        most = int(_MOST_LONGER * len(turns)) if self.ends_sentences else 0
        longer = len(list(islice(self._longer(parsed, turns), most + 1)))
        self.usual = None if longer or len(turns) < _FEW_TURNS else self.least
        self.fragments_are_apart = self.ends_sentences and longer <= most
        self._spoken = 0

    def _longer(self, parsed: Sequence[Paragraph], turns: Sequence[int]) -> Iterator[int]:
        """The turns but the last that go on in another paragraph, which is no fragment."""
        for begin, end in pairwise(turns):
            following = (parsed[index] for index in range(begin + self.least, end))
            if any(has_words(each) and not self._is_fragment(each[0]) for each in following):
                yield begin

    def is_apart(self, paragraph: Paragraph, *, begins: bool) -> bool:
        """Whether the next paragraph of the document is no sentence, and one more than needed."""
        if not self.fragments_are_apart:
            return False
        self._spoken = 0 if begins else self._spoken
        self._spoken += begins or has_words(paragraph)
        return self._spoken > self.least and self._is_fragment(paragraph[0])

    def ends_before(self, start: ParagraphStart, decision: LabelDecision) -> bool:
        """Whether a refused label that occurs again ends the turn: turns seldom go on."""
        if start.shape in WEAK_SHAPES or self._spoken <= self.least:
            return False
        again = len(decision.structure.places.get(start.label or "", ())) > 1
        return self.fragments_are_apart and again

    def _is_fragment(self, paragraph: str) -> bool:
        if not self.ends_sentences or len(paragraph) > _MAX_FRAGMENT or not is_plain(paragraph):
            return False
        words = _without_remark(paragraph)
        if _LINK.search(paragraph):  # editors add what a speaker names
            return False
        return _is_letter(words[-1:]) and not _SENTENCE.search(words)


def ends_sentence(paragraph: str) -> bool:
    """Whether a paragraph ends where a sentence does, in any script."""
    if paragraph[-1:] in _ENDS:
        return True
    last = _without_remark(paragraph)[-1:]
    return last not in ",;" and unicodedata.category(last or "a")[0] == "P"


def _without_remark(paragraph: str) -> str:
    """A paragraph without emphasis at its end, and without what is in brackets there."""
    return _REMARK.sub("", paragraph[-_MAX_FRAGMENT - 1 :].rstrip(" *_"))


def _is_letter(last: str) -> bool:
    return last.isalnum() or unicodedata.category(last or " ")[0] == "M"


def has_words(parsed: Paragraph) -> bool:
    """Whether a paragraph is more than a time, a heading, or a stage direction."""
    paragraph, start = parsed
    if start.label is not None and paragraph[:2] == "**":
        return True
    if not is_plain(paragraph):
        return False
    if is_stage_direction(paragraph) or is_line_in_capitals(paragraph):
        return False
    return start.label is not None or start.start_ms is None or start.rest < len(paragraph)


def is_line_in_capitals(paragraph: str) -> bool:
    """Whether a paragraph is a short line in capitals, as "CREDITS"."""
    is_line = len(paragraph) <= _MAX_CAPITALS and paragraph[-1:].isalpha()
    return is_line and paragraph.isupper() and sum(map(str.isalpha, paragraph)) > _FEW_TURNS
