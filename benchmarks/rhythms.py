"""Feeds that publish like real shows: their publication dates, shifted into a simulation.

rhythms.json holds, for each show, its latest publication dates: the first in minutes since 1970,
and the steps from each to the next, read from feeds that other projects keep as tests. ``tuned``
are the shows that the predictor's constants were tuned on: by the show (a hash of its file's name),
so that no replay of one is on both sides.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

DAY = 1440  # minutes, the unit of every time here
YEAR = 365 * DAY

START = 57 * YEAR  # the first simulated minute


@dataclass(frozen=True, slots=True)
class Show:
    """A real show: its publication times, in minutes since 1970."""

    name: str
    tuned: bool
    ttl_minutes: int
    dates: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The median interval between publications."""
        steps = sorted(later - date for date, later in pairwise(self.dates))
        median = steps[len(steps) // 2] / DAY
        named = ((0.9, "several a day"), (1.5, "daily"), (8, "weekly or more"))
        return next((name for most, name in named if median <= most), "less than weekly")


@dataclass(frozen=True, slots=True)
class Publication:
    """An episode: when it appears in the feed, and its published date."""

    appears: float
    dated: int


@dataclass(frozen=True, slots=True)
class SimulatedFeed:
    """A simulated feed: its initial dates, and what it publishes later."""

    show: Show
    kind: str
    history: tuple[int, ...]
    publications: tuple[Publication, ...]


def real_shows() -> list[Show]:
    """The shows of rhythms.json."""
    stored = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
    return [
        Show(one["show"], one["tuned"], one["ttl_minutes"], tuple(accumulate(one["minutes"])))
        for one in stored
    ]


def simulated_feeds(count: int, days: int, seed: int) -> list[SimulatedFeed]:
    """So many feeds, all shows equally often: seven of ten active, the others new or silent.

    A living feed replays its show from a random moment, moved to the start of the simulation, so
    that every feed has hours and weekdays of its own. Episodes appear some minutes after their date
    (5 on average), and in one feed of ten hours after it (1 to 12). Silent ones ended a month to
    four years before; new ones know at most the first two episodes.
    """
    randomness = random.Random(seed)
    shows = real_shows()
    return [_feed(shows[number % len(shows)], days * DAY, randomness) for number in range(count)]


def _feed(show: Show, length: int, randomness: random.Random) -> SimulatedFeed:
    state = randomness.choices(("alive", "new", "silent"), (70, 5, 25))[0]
    if state == "silent":
        ended = START - randomness.randrange(30 * DAY, 4 * YEAR)
        return SimulatedFeed(show, "silent", _moved(show.dates, ended - show.dates[-1]), ())
    if state == "new":
        moment = show.dates[randomness.randint(0, 2)] - randomness.randrange(1, DAY)
    else:
        moment = randomness.randrange(show.dates[5], max(show.dates[-1] - length, show.dates[6]))
    dates = _moved(show.dates, START - moment)
    return SimulatedFeed(
        show,
        "new" if state == "new" else show.kind,
        tuple(date for date in dates if date <= START),
        _publications([date for date in dates if START < date <= START + length], randomness),
    )


def _moved(dates: Sequence[int], by: int) -> tuple[int, ...]:
    return tuple(date + by for date in dates)


def _publications(dates: Sequence[int], randomness: random.Random) -> tuple[Publication, ...]:
    late = randomness.uniform(60, 720) if randomness.random() < 0.1 else 0.0
    appearing = (Publication(date + late + randomness.expovariate(1 / 5), date) for date in dates)
    return tuple(sorted(appearing, key=lambda publication: publication.appears))
