"""Simulates 30 days of polling 2,000 feeds, compared with polling at fixed intervals."""

import heapq
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks.rhythms import DAY, START, Publication, SimulatedFeed, simulated_feeds
from benchmarks.sizes import size
from tasks.feeds.values import ScheduleTags
from tasks.http.values import ResponseHeaders
from tasks.polling.schedule.next_poll import schedule_next_poll
from tasks.polling.schedule.publish_pattern import PublishPattern, learn
from tasks.polling.values import FailureState, Poll, PollIntervals

FEEDS, DAYS = size(2_000, 50), size(30, 5)
UNCONDITIONAL = 0.01  # share of the polls that send no validators
FAILING = 0.01  # share of the polls that time out
END = START + DAYS * DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Polled:
    """The result of polling one feed: requests and publications within the simulated days."""

    feed: SimulatedFeed
    requests: int = 0
    conditional: int = 0
    delays: list[float] = field(default_factory=list)  # minutes from publication to discovery


def run() -> None:
    """Poll the same feeds by their pattern and at two fixed intervals; print the results."""
    feeds = simulated_feeds(FEEDS, DAYS, seed=11)
    by_rhythm = ByRhythm(feeds, PollIntervals(), seed=12).run()
    each_15, each_60 = (_at_fixed_intervals(feeds, minutes) for minutes in (15, 60))
    print(f"{FEEDS:,} feeds, {DAYS} days; delays in minutes from publication to discovery")
    print(f"{'':<34}{'requests':>10}{'a feed/day':>12}{'conditional':>13}{'median':>8}{'p95':>8}")
    _print("every 15 minutes", each_15)
    _print("every 60 minutes", each_60)
    _print("by rhythm", by_rhythm)
    _print("  shows it was tuned on", [one for one in by_rhythm if one.feed.show.tuned])
    _print("  the other shows", [one for one in by_rhythm if not one.feed.show.tuned])
    for kind in sorted({feed.kind for feed in feeds}):
        _print(f"  {kind}", [one for one in by_rhythm if one.feed.kind == kind])


def _print(name: str, polled: Sequence[Polled]) -> None:
    requests = sum(one.requests for one in polled)
    conditional = sum(one.conditional for one in polled) / requests
    delays = sorted(delay for one in polled for delay in one.delays)
    late = f"{median(delays):>8.1f}{delays[int(0.95 * len(delays))]:>8.1f}" if delays else ""
    columns = f"{requests:>10,}{requests / len(polled) / DAYS:>12.2f}{conditional:>13.1%}"
    print(f"{name:<34}{columns}{late}")


class ByRhythm:
    """The polling loop on a clock that jumps from event to event, with the real schedule."""

    def __init__(self, feeds: Iterable[SimulatedFeed], intervals: PollIntervals, seed: int) -> None:
        self._pace = intervals
        self._randomness = random.Random(seed)
        self._feeds = [_Poller(feed) for feed in feeds]

    def run(self) -> list[Polled]:
        """Poll every feed in its first hour, and from then on when the schedule says."""
        draw = self._randomness.uniform
        queue = [(START - draw(0, 60), number) for number in range(len(self._feeds))]
        heapq.heapify(queue)
        while queue:
            now, number = heapq.heappop(queue)
            polling = self._feeds[number]
            if now < END or polling.unfound:
                heapq.heappush(queue, (self._poll(polling, now), number))
        return [polling.polled for polling in self._feeds]

    def _poll(self, polling: "_Poller", now: float) -> float:
        chance = self._randomness.random
        ok = chance() >= FAILING
        polling.count(now, conditional=chance() >= UNCONDITIONAL)
        if ok:
            polling.read(now)
        polling.error_count = 0 if ok else polling.error_count + 1
        poll = Poll(1, "", "unchanged" if ok else "failed", reason="" if ok else "timeout")
        following = schedule_next_poll(
            poll,
            polling.pattern,
            _moment(now),
            headers=ResponseHeaders(),
            failures=FailureState(polling.error_count),
            intervals=self._pace,
            jitter=chance(),
        )
        assert following.at is not None
        return (following.at - _EPOCH) / timedelta(minutes=1)


class _Poller:
    """The simulated state of a feed."""

    def __init__(self, feed: SimulatedFeed) -> None:
        self.polled = Polled(feed)
        self.pattern = PublishPattern()
        self.error_count = 0
        self.unfound = list(reversed(feed.publications))  # the next one last
        self._looked_at: float | None = None

    def count(self, now: float, *, conditional: bool) -> None:
        if now < END:
            self.polled.requests += 1
            self.polled.conditional += conditional and self._looked_at is not None

    def read(self, now: float) -> None:
        """Find what has appeared, and learn from it as the poller does."""
        found: list[Publication] = []
        while self.unfound and self.unfound[-1].appears <= now:
            found.append(self.unfound.pop())
        self.polled.delays += [now - publication.appears for publication in found]
        if found or self._looked_at is None:
            self._learn([publication.dated for publication in found], now)
        self._looked_at = now

    def _learn(self, dated: list[int], now: float) -> None:
        feed = self.polled.feed
        first = self._looked_at is None
        self.pattern = learn(
            self.pattern,
            map(_moment, [*feed.history, *dated] if first else dated),
            ScheduleTags(ttl_minutes=feed.show.ttl_minutes or None),
            last_success=None if self._looked_at is None else _moment(self._looked_at),
            new_episodes=len(dated),
            now=_moment(now),
        )


def _at_fixed_intervals(feeds: Sequence[SimulatedFeed], interval: int) -> list[Polled]:
    """The same for polls that are ``interval`` minutes apart and never fail: no clock needed."""
    randomness = random.Random(13)
    return [_at_intervals(feed, interval, randomness) for feed in feeds]


def _at_intervals(feed: SimulatedFeed, interval: int, randomness: random.Random) -> Polled:
    first = START - randomness.uniform(0, interval)
    requests = DAYS * DAY // interval
    repeated = round((requests - 1) * (1 - UNCONDITIONAL))
    delays = [(first - each.appears) % interval for each in feed.publications]
    return Polled(feed, requests, repeated, delays)


def _moment(minutes: float) -> datetime:
    return _EPOCH + timedelta(minutes=minutes)


if __name__ == "__main__":
    run()
