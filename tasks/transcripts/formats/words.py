"""Words with times and speakers, as engines publish them, joined to segments.

What these formats publish is the turn: a segment is a run of words of one speaker. Where no speaker
is known, it is a sentence.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import Segment

_ENDS_A_SENTENCE = (".", "?", "!", "…", "\u3002", "\uff1f", "\uff01", "\u0964")


class TimedWord(NamedTuple):
    """A word as published; ``space`` says whether a space goes before it."""

    label: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    space: bool = True


def join_words(words: Iterable[TimedWord]) -> Iterator[Segment]:
    """Yield a segment for each run of words of one speaker, or for each sentence of nobody."""
    for label, run in groupby(words, attrgetter("label")):
        if label:
            yield from _segment(list(run))
        else:
            yield from _sentences(run)


def _sentences(words: Iterable[TimedWord]) -> Iterator[Segment]:
    sentence: list[TimedWord] = []
    for word in words:
        if word.space and sentence and sentence[-1].text.rstrip().endswith(_ENDS_A_SENTENCE):
            yield from _segment(sentence)
            sentence = []
        sentence.append(word)
    yield from _segment(sentence)


def _segment(words: list[TimedWord]) -> Iterator[Segment]:
    text = normalise_text("".join(f"{' ' * word.space}{word.text}" for word in words))
    starts = (word.start_ms for word in words if word.start_ms is not None)
    ends = (word.end_ms for word in reversed(words) if word.end_ms is not None)
    start = next(starts, None)
    if text:
        yield Segment(words[0].label, text, start, end_after(start, next(ends, None)))
