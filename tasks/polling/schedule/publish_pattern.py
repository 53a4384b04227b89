"""The rhythm of a feed: the times at which it published, and what it says about itself, as JSON."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from tasks.feeds.values import ScheduleTags

KEPT = 32  # times; half a year of a weekly show, six weeks of a daily one

# Episodes so close together are found by one look: a back catalogue is one event, not hundreds.
TOGETHER = timedelta(minutes=30)

# A time zone that was got wrong puts an episode up to a day ahead. What is dated later still was
# dated by mistake, or to stay at the top.
_AHEAD = timedelta(days=1)

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PublishPattern:
    """What the schedule needs to know of a feed, kept on its crawl row.

    Attributes:
        times: when it published lately, in minutes since 1970, ascending, at most ``KEPT``.
        says: what the feed document says about when to look again.
    """

    times: tuple[int, ...] = ()
    says: ScheduleTags = field(default_factory=ScheduleTags)

    def to_json(self) -> dict[str, Any]:
        """As JSON: the first time and the steps from each to the next, and what is not default."""
        said = {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asdict(self.says).items()
            if value
        }
        steps = [*self.times[:1], *(later - time for time, later in pairwise(self.times))]
        return {"times": steps} | ({"says": said} if said else {})

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> "PublishPattern":
        """What ``to_json`` wrote; an empty rhythm for a feed that was never read."""
        if not stored:
            return cls()
        said = dict(stored.get("says", {}))
        for name in said.keys() & {"skip_hours", "skip_days"}:
            said[name] = frozenset(said[name])
        return cls(tuple(accumulate(stored["times"])), ScheduleTags(**said))


def learn(
    rhythm: PublishPattern,
    published: Iterable[datetime | None],
    says: ScheduleTags,
    *,
    looked_before: datetime | None,
    appeared: int,
    now: datetime,
) -> PublishPattern:
    """The rhythm, with what a changed document adds to it.

    An episode was published after the look that did not find it yet, and before the one that did:
    a date outside of that (only a day, backdated, in a wrong time zone) is moved to its edge, so
    that we learn when episodes appear, and not what they are dated. The first look at a feed has
    only the dates. Episodes older than the newest known one (a back catalogue) teach nothing.

    Args:
        rhythm: what is known so far.
        published: the dates of all items, in any order.
        says: what the document says now.
        looked_before: the last look that went well; None at the first.
        appeared: how many episodes are new; without any dates this is all that there is to go by.
        now: the time of the look that found this document.
    """
    earliest = _minutes(looked_before) if looked_before else 0
    known = rhythm.times[-1] if rhythm.times else -1
    latest = _minutes(now)
    dated = {_minutes(date) for date in published if date and _EPOCH < date <= now + _AHEAD}
    found = [min(max(date, earliest), latest) for date in dated if date > known]
    if appeared and looked_before and not dated:
        found = [latest]
    return replace(rhythm, times=_apart([*rhythm.times, *sorted(found)]), says=says)


def _apart(times: Iterable[int]) -> tuple[int, ...]:
    """The latest times, of those close together only the first."""
    kept: list[int] = []
    for time in times:
        if not kept or (time - kept[-1]) * _MINUTE >= TOGETHER:
            kept.append(time)
    return tuple(kept[-KEPT:])


def _minutes(moment: datetime) -> int:
    return (moment - _EPOCH) // _MINUTE
