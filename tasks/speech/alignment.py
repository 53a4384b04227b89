"""Give each recognised word to the speaker of its time; pure.

Words and not segments: an engine's segment often contains the end of one turn and the beginning of
the next.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby

from tasks.speech.values import ENDS_A_SENTENCE, UNKNOWN_SPEAKER, HeardWord, SpokenWord, Turn

# A word belongs to the nearest turn when none has its middle and it is at most so far away.
_NEAREST_MS = 1_000
# A single word of another speaker within a sentence is a boundary that was found a little late.
_ISLAND_WORDS = 1
_ISLAND_PAUSE_MS = 300


def spoken_words(words: Sequence[HeardWord], turns: Sequence[Turn]) -> list[SpokenWord]:
    """The words with their speakers, smoothed."""
    ordered = sorted(turns, key=lambda turn: (turn.start_ms, turn.end_ms))
    starts = [turn.start_ms for turn in ordered]
    longest = max((turn.length for turn in ordered), default=0)
    given = [SpokenWord(_speaker_of(word, ordered, starts, longest), word) for word in words]
    return _with_whole_sentences(_without_islands(given))


def _speaker_of(word: HeardWord, turns: Sequence[Turn], starts: Sequence[int], longest: int) -> int:
    """The speaker with most of the word; the nearest one if nobody speaks then."""
    last = bisect_right(starts, word.end_ms + _NEAREST_MS)
    first = bisect_right(starts, word.start_ms - longest - _NEAREST_MS)
    near = turns[first:last]
    most = max(near, key=lambda turn: (_overlap(word, turn), -turn.length), default=None)
    if most is None:
        return UNKNOWN_SPEAKER
    if _overlap(word, most) > 0:
        return most.speaker
    nearest = min(near, key=lambda turn: _distance(word, turn))
    return nearest.speaker if _distance(word, nearest) <= _NEAREST_MS else UNKNOWN_SPEAKER


def _overlap(word: HeardWord, turn: Turn) -> int:
    return min(word.end_ms, turn.end_ms) - max(word.start_ms, turn.start_ms)


def _distance(word: HeardWord, turn: Turn) -> int:
    return max(turn.start_ms - word.middle_ms, word.middle_ms - turn.end_ms, 0)


def _runs(words: Sequence[SpokenWord]) -> list[list[SpokenWord]]:
    return [list(run) for _, run in groupby(words, lambda one: one.speaker)]


def _without_islands(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Give a single word between two runs of one speaker to that speaker, unless it is apart."""
    runs = _runs(words)
    for number in range(1, len(runs) - 1):
        before, island, after = runs[number - 1 : number + 2]
        same = before[-1].speaker == after[0].speaker
        if same and len(island) <= _ISLAND_WORDS and _is_within(before[-1], island, after[0]):
            runs[number] = [one._replace(speaker=before[-1].speaker) for one in island]
    return [one for run in runs for one in run]


def _is_within(before: SpokenWord, island: Sequence[SpokenWord], after: SpokenWord) -> bool:
    """Whether a word is in the midst of what another one says, and no answer of its own."""
    pauses = (
        island[0].word.start_ms - before.word.end_ms,
        after.word.start_ms - island[-1].word.end_ms,
    )
    return max(pauses) <= _ISLAND_PAUSE_MS and not _ends_sentence(before)


def _ends_sentence(one: SpokenWord) -> bool:
    return one.word.text.endswith(ENDS_A_SENTENCE)


def _with_whole_sentences(words: Sequence[SpokenWord]) -> list[SpokenWord]:
    """Move a boundary by one word to the end of a sentence: diarizers are some 0.2 s off."""
    moved = list(words)
    for number in range(1, len(moved) - 1):
        before, one, after = moved[number - 1 : number + 2]
        if before.speaker == one.speaker or UNKNOWN_SPEAKER in (before.speaker, one.speaker):
            continue
        if _ends_sentence(one) and not _ends_sentence(before) and after.speaker == one.speaker:
            moved[number] = one._replace(speaker=before.speaker)
        elif _begins_after(moved, number):
            moved[number - 1] = before._replace(speaker=one.speaker)
    return moved


def _begins_after(words: Sequence[SpokenWord], number: int) -> bool:
    """Whether the last word of a run is the first one of a sentence that the next run goes on."""
    if number < 2 or words[number - 2].speaker != words[number - 1].speaker:
        return False
    return _ends_sentence(words[number - 2]) and not _ends_sentence(words[number - 1])
