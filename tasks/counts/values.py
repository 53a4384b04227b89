"""What a person's speech in an episode adds to their figures, and differences of such sums."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Contribution(NamedTuple):
    """What one person's speech in one episode counts for; ``spoken_ms`` in milliseconds."""

    person_id: int
    podcast_id: int
    day: date
    episode_id: int
    appearances: int
    spoken_ms: int


class CountTotals(NamedTuple):
    """The figures that are kept wherever people are counted."""

    appearances: int = 0
    episodes: int = 0
    spoken_ms: int = 0

    def plus(self, sign: int, contribution: Contribution) -> "CountTotals":
        """These figures with one contribution added (sign 1) or taken away (sign -1)."""
        return CountTotals(
            self.appearances + sign * contribution.appearances,
            self.episodes + sign,
            self.spoken_ms + sign * contribution.spoken_ms,
        )


@dataclass(frozen=True, slots=True)
class CountDifference:
    """What a transaction changes, by the cells of the timeline and of the podcasts."""

    by_day: dict[tuple[int, date], CountTotals]
    by_podcast: dict[tuple[int, int], CountTotals]

    @property
    def person_ids(self) -> list[int]:
        """Everybody whose figures change, in the order in which rows are locked."""
        return sorted({person for person, _ in self.by_day} | {p for p, _ in self.by_podcast})


def difference(before: Iterable[Contribution], after: Iterable[Contribution]) -> CountDifference:
    """The exact deltas that lead from one set of contributions to another."""
    old, new = set(before), set(after)
    by_day: dict[tuple[int, date], CountTotals] = {}
    by_podcast: dict[tuple[int, int], CountTotals] = {}
    for sign, changed in ((-1, old - new), (1, new - old)):
        for one in changed:
            day, podcast = (one.person_id, one.day), (one.person_id, one.podcast_id)
            by_day[day] = by_day.get(day, CountTotals()).plus(sign, one)
            by_podcast[podcast] = by_podcast.get(podcast, CountTotals()).plus(sign, one)
    unchanged = CountTotals()
    return CountDifference(
        {cell: figures for cell, figures in by_day.items() if figures != unchanged},
        {cell: figures for cell, figures in by_podcast.items() if figures != unchanged},
    )
