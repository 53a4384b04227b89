"""Coverage: words compared with speech, not with the length of the audio."""

import random

import pytest

from tasks.speech.speech_coverage import covered_ms, speech_coverage
from tasks.speech.values import HeardWord, Interval

HOUR = 3_600_000


def speech(seed: int) -> list[Interval]:
    """An hour with pauses, and with ten minutes of music, which is no speech."""
    chance = random.Random(seed)  # noqa: S311
    intervals, start = [], chance.randrange(20_000)
    while start < HOUR:
        length = chance.randrange(800, 25_000)
        intervals.append(Interval(start, min(start + length, HOUR)))
        start += length + chance.choice([350, 700, 2_500, 12_000])
    music = chance.randrange(HOUR - 600_000)
    return [one for one in intervals if not music < one.start_ms < music + 600_000]


def words(intervals: list[Interval], seed: int) -> list[HeardWord]:
    """Words as an engine times them: shorter than they are spoken, with breath between."""
    chance, found = random.Random(seed), []  # noqa: S311
    for one in intervals:
        at = one.start_ms
        while at < one.end_ms - 100:
            length = chance.randrange(80, 450)
            found.append(HeardWord(" word", at, min(at + length, one.end_ms)))
            at += length + chance.choice([0, 20, 60, 400, 900])
    return found


def share(found: list[HeardWord], intervals: list[Interval]) -> float:
    return speech_coverage(covered_ms(found, intervals), sum(one.length for one in intervals))


@pytest.mark.parametrize("seed", range(20))
def test_engine_that_drops_a_third_somewhere_is_below_the_limit(seed: int) -> None:
    intervals = speech(seed)
    found = words(intervals, seed)
    begin = random.Random(seed).randrange(round(0.69 * len(found)))  # noqa: S311
    dropped = found[:begin] + found[begin + round(0.31 * len(found)) :]
    assert share(dropped, intervals) < 0.85


@pytest.mark.parametrize("seed", range(40))
def test_complete_words_are_no_alarm_even_beside_music(seed: int) -> None:
    intervals = speech(seed)
    assert share(words(intervals, seed), intervals) > 0.97


def test_audio_without_speech_is_covered() -> None:
    assert share([], []) == 1.0
