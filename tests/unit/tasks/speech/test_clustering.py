"""Voices of chunks become speakers: merged where they are one, unknown where they are little."""

import random

from tasks.speech.clustering import episode_turns, speakers_of
from tasks.speech.values import UNKNOWN_SPEAKER, Turn

SIZE = 64


def person(seed: int) -> list[float]:
    chance = random.Random(seed)  # noqa: S311
    return [chance.gauss(0, 1) for _ in range(SIZE)]


def voice(of: list[float], seed: int, noise: float = 0.5) -> list[float]:
    """An embedding of a person as it comes out in one chunk."""
    chance = random.Random(seed)  # noqa: S311
    return [value + chance.gauss(0, noise) for value in of]


ANN, BOB, EVE = person(1), person(2), person(3)


def test_voices_of_one_person_in_all_chunks_are_one_speaker() -> None:
    prints = {(chunk, 0): voice(ANN, chunk) for chunk in range(6)}
    prints |= {(chunk, 1): voice(BOB, 100 + chunk) for chunk in range(6)}
    speakers = speakers_of(prints, dict.fromkeys(prints, 200_000))
    assert {speakers[chunk, 0] for chunk in range(6)} != {speakers[chunk, 1] for chunk in range(6)}
    assert len(set(speakers.values())) == 2


def test_voice_of_a_few_seconds_in_an_hour_is_unknown() -> None:
    turns = {
        0: [Turn(0, 0, 1_800_000), Turn(1, 1_800_000, 3_500_000), Turn(2, 3_500_000, 3_515_000)]
    }
    prints = {(0, 0): ANN, (0, 1): BOB, (0, 2): EVE}
    assert [turn.speaker for turn in episode_turns(turns, prints)] == [0, 1, UNKNOWN_SPEAKER]


def test_small_voice_that_is_like_another_joins_it() -> None:
    prints = {(0, 0): ANN, (0, 1): BOB, (0, 2): voice(BOB, 9, noise=0.8)}
    spoken = {(0, 0): 60_000, (0, 1): 60_000, (0, 2): 1_000}
    speakers = speakers_of(prints, spoken)
    assert speakers[0, 2] == speakers[0, 1] != speakers[0, 0]


def test_operators_number_of_speakers_is_never_exceeded() -> None:
    prints = {(0, 0): ANN, (0, 1): BOB, (0, 2): EVE}
    spoken = dict.fromkeys(prints, 60_000)
    assert len(set(speakers_of(prints, spoken).values())) == 3
    assert len(set(speakers_of(prints, spoken, most=2).values())) == 2


def test_voice_without_embedding_is_unknown() -> None:
    turns = {0: [Turn(0, 0, 60_000), Turn(1, 60_000, 60_300)]}
    found = episode_turns(turns, {(0, 0): ANN})
    assert [turn.speaker for turn in found] == [0, UNKNOWN_SPEAKER]
