"""Generates podcasts of any size, the same at every run: people, episodes, segments."""

import random
from collections.abc import Iterator

from tasks.transcripts.values import Segment

SYLLABLES = (
    "ka",
    "lo",
    "mi",
    "ren",
    "tu",
    "sha",
    "vel",
    "dor",
    "an",
    "is",
    "qui",
    "bra",
    "no",
    "pel",
)


def words(randomness: random.Random, count: int) -> str:
    """So many made-up words."""
    return " ".join(
        "".join(randomness.choices(SYLLABLES, k=randomness.randint(1, 3))) for _ in range(count)
    )


def people(count: int, seed: int = 7) -> list[str]:
    """Full names, all different."""
    randomness = random.Random(seed)
    names: dict[str, None] = {}
    while len(names) < count:
        names[words(randomness, 2).title()] = None
    return list(names)


def episode(number: int, segments: int, names: list[str]) -> list[Segment]:
    """The segments of an episode: two recurring speakers and a guest, in turns, with times."""
    randomness = random.Random(number)
    cast = [names[0], names[1], names[2 + number % (len(names) - 2)]]
    time_ms = 0
    spoken = []
    for _ in range(segments):
        lasts = randomness.randint(800, 20_000)
        text = words(randomness, randomness.randint(4, 60))
        spoken.append(Segment(randomness.choice(cast), text, time_ms, time_ms + lasts))
        time_ms += lasts
    return spoken


def episodes(count: int, segments: int) -> Iterator[list[Segment]]:
    """So many episodes of a made-up show."""
    names = people(2 + count // 4)
    return (episode(number, segments, names) for number in range(count))
