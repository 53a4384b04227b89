"""Contributions of persons to the counts, and the difference between two sets of them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Contribution(NamedTuple):
    """What one person's speech in one episode adds to the counts; times in milliseconds."""

    person_id: int
    podcast_id: int
    day: date
    episode_id: int
    appearances: int
    spoken_ms: int


class CountTotals(NamedTuple):
    """The counts of a cell: one person on one day, or in one podcast."""

    appearances: int = 0
    episodes: int = 0
    spoken_ms: int = 0

    def plus(self, sign: int, contribution: Contribution) -> "CountTotals":
        """Return the totals with a contribution added (sign 1) or subtracted (sign -1)."""
        return CountTotals(
            self.appearances + sign * contribution.appearances,
            self.episodes + sign,
            self.spoken_ms + sign * contribution.spoken_ms,
        )


@dataclass(frozen=True, slots=True)
class CountDifference:
    """What a transaction adds to the counts, by (person, day) and by (person, podcast)."""

    by_day: dict[tuple[int, date], CountTotals]
    by_podcast: dict[tuple[int, int], CountTotals]

    @property
    def person_ids(self) -> list[int]:
        """The persons whose counts change, in the order in which they are locked."""
        return sorted({person for person, _ in self.by_day} | {p for p, _ in self.by_podcast})


def difference(before: Iterable[Contribution], after: Iterable[Contribution]) -> CountDifference:
    """Return the exact difference between two sets of contributions."""
    old, new = set(before), set(after)
    by_day: dict[tuple[int, date], CountTotals] = {}
    by_podcast: dict[tuple[int, int], CountTotals] = {}
    for sign, changed in ((-1, old - new), (1, new - old)):
        for contribution in changed:
            day, podcast = (
                (contribution.person_id, contribution.day),
                (contribution.person_id, contribution.podcast_id),
            )
            by_day[day] = by_day.get(day, CountTotals()).plus(sign, contribution)
            by_podcast[podcast] = by_podcast.get(podcast, CountTotals()).plus(sign, contribution)
    unchanged = CountTotals()
    return CountDifference(
        {cell: totals for cell, totals in by_day.items() if totals != unchanged},
        {cell: totals for cell, totals in by_podcast.items() if totals != unchanged},
    )


@dataclass(frozen=True, slots=True)
class SpeakerDrift:
    """A speaker whose stored figures are not those of its segments."""

    speaker_id: int
    episode_id: int
    stored: int
    counted: int
    stored_spoken_ms: int
    counted_spoken_ms: int
    stored_timed_characters: int
    counted_timed_characters: int
