"""Which voices of the chunks are one speaker, by their embeddings; pure.

Diarizers invent people. So near-identical voices are merged, those with little speech are unknown,
and the number of people that an episode names is a hint.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tasks.speech.values import UNKNOWN_SPEAKER, Turn

# A voice of a chunk: number of the chunk, number of the voice in it.
Voice = tuple[int, int]
Vector = Sequence[float]

# Cosine of two embeddings from which they are one speaker's. That of two people on one telephone
# line can be 0.7, so two voices that the diarizer heard apart in one chunk need more than voices of
# different chunks, of which every second pair is one speaker.
_SAME_SPEAKER, _SAME_IN_CHUNK = 0.6, 0.75
# Where more voices are found than people are expected, as those within different chunks.
_SAME_WHERE_TOO_MANY = 0.6
# Speakers with less than this share of the speech are unknown, and in more than a few minutes of
# speech those with less than this time; unless they are so near to another that they are the same.
_MIN_SHARE, _MIN_MS = 0.03, 20_000
_FEW_MINUTES_MS = 300_000
_SAME_AS_SMALL = 0.6


@dataclass(slots=True)
class _Cluster:
    """Voices of one speaker; ``total`` is the sum of their embeddings, by how long each speaks."""

    voices: list[Voice]
    total: list[float]
    spoken_ms: int

    @property
    def centroid(self) -> list[float]:
        return normalised(self.total)

    @property
    def chunks(self) -> set[int]:
        return {chunk for chunk, _ in self.voices}

    def joined(self, other: "_Cluster") -> "_Cluster":
        total = [a + b for a, b in zip(self.total, other.total, strict=True)]
        return _Cluster(self.voices + other.voices, total, self.spoken_ms + other.spoken_ms)


def episode_turns(
    turns_by_chunk: Mapping[int, Sequence[Turn]],
    prints: Mapping[Voice, Vector],
    *,
    expected: int | None = None,
    most: int | None = None,
) -> list[Turn]:
    """The turns of the whole episode, with one number for each speaker, unknown ones without."""
    spoken = _spoken_ms(turns_by_chunk)
    speakers = speakers_of(prints, spoken, expected=expected, most=most)
    return [
        turn._replace(speaker=speakers.get((chunk, turn.speaker), UNKNOWN_SPEAKER))
        for chunk, turns in sorted(turns_by_chunk.items())
        for turn in turns
    ]


def _spoken_ms(turns_by_chunk: Mapping[int, Sequence[Turn]]) -> Counter[Voice]:
    spoken: Counter[Voice] = Counter()
    for chunk, turns in turns_by_chunk.items():
        for turn in turns:
            spoken[chunk, turn.speaker] += turn.length
    return spoken


def speakers_of(
    prints: Mapping[Voice, Vector],
    spoken_ms: Mapping[Voice, int],
    *,
    expected: int | None = None,
    most: int | None = None,
) -> dict[Voice, int]:
    """The number of the speaker of each voice; voices without a number are unknown.

    ``expected`` is how many people the episode names: with more voices, less is needed to merge.
    With ``most``, which an operator chose, they are merged until there are no more than that.
    """
    clusters = [
        _Cluster([voice], _scaled(normalised(vector), spoken_ms[voice]), spoken_ms[voice])
        for voice, vector in sorted(prints.items())
        if spoken_ms.get(voice)
    ]
    total_ms = sum(spoken_ms.values())
    clusters = _without_small(_merged(clusters, expected), total_ms)
    while most and len(clusters) > most:
        _, one, other = _nearest(clusters)
        _join(clusters, one, other)
    return {voice: number for number, one in enumerate(clusters) for voice in one.voices}


def _merged(clusters: list[_Cluster], expected: int | None) -> list[_Cluster]:
    """Merge the nearest clusters while they are near enough."""
    while len(clusters) > 1:
        excess, one, other = _nearest(clusters, lambda a, b: _needed(a, b, len(clusters), expected))
        if excess < 0:
            break
        _join(clusters, one, other)
    return clusters


def _needed(one: _Cluster, other: _Cluster, found: int, expected: int | None) -> float:
    """The similarity that two clusters need to be one speaker."""
    if not one.chunks & other.chunks:
        return _SAME_SPEAKER
    return _SAME_WHERE_TOO_MANY if expected and found > expected else _SAME_IN_CHUNK


def _nearest(
    clusters: Sequence[_Cluster],
    needed: Callable[[_Cluster, _Cluster], float] = lambda _one, _other: 0.0,
) -> tuple[float, int, int]:
    """The pair whose similarity is furthest above the needed one, and by how much."""
    centroids = [one.centroid for one in clusters]
    return max(
        (
            cosine(centroids[one], centroids[other]) - needed(clusters[one], clusters[other]),
            one,
            other,
        )
        for one, other in combinations(range(len(clusters)), 2)
    )


def _join(clusters: list[_Cluster], one: int, other: int) -> None:
    joined = clusters.pop(other)
    clusters[one] = clusters[one].joined(joined)


def _without_small(clusters: Sequence[_Cluster], total_ms: int) -> list[_Cluster]:
    """Without clusters that have too little speech to be more than noise; similar ones are joined.

    Where all are small, none is: the audio is a few words long.
    """
    minimum = max(_MIN_SHARE * total_ms, _MIN_MS if total_ms >= _FEW_MINUTES_MS else 0)
    large = [one for one in clusters if one.spoken_ms >= minimum]
    for small in clusters:
        if small.spoken_ms < minimum and large:
            centroids = [cosine(small.centroid, one.centroid) for one in large]
            nearest = max(range(len(large)), key=lambda number: centroids[number])
            if centroids[nearest] >= _SAME_AS_SMALL:
                large[nearest] = large[nearest].joined(small)
    return large


def normalised(vector: Vector) -> list[float]:
    """The vector with the length 1."""
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _scaled(vector: Vector, factor: float) -> list[float]:
    return [value * factor for value in vector]


def cosine(one: Vector, other: Vector) -> float:
    """How alike two vectors of the length 1 are: 1 for the same, 0 for unrelated ones."""
    return sum(a * b for a, b in zip(one, other, strict=True))
