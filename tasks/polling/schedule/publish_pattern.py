"""The publish pattern of a feed: when it published, and its own schedule tags. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any

from tasks.feeds.values import ScheduleTags

MAX_TIMES = 32  # half a year of a weekly show, six weeks of a daily one

# One poll discovers all episodes so close together: a whole archive is one event, not hundreds.
_ONE_EVENT = timedelta(minutes=30)

# A wrong time zone dates an episode up to a day ahead. Later dates are mistakes, or are set to keep
# an episode at the top of the list.
_MAX_AHEAD = timedelta(days=1)

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PublishPattern:
    """What the schedule knows of a feed; stored as JSON in ``crawl.rhythm``.

    Attributes:
        times: when it published lately, in minutes since 1970, ascending, at most ``MAX_TIMES``.
        tags: the schedule tags of the latest document.
    """

    times: tuple[int, ...] = ()
    tags: ScheduleTags = field(default_factory=ScheduleTags)

    def to_json(self) -> dict[str, Any]:
        """Return the stored form: the first time, the steps between times, tags with a value."""
        tags = {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in asdict(self.tags).items()
            if value
        }
        steps = [*self.times[:1], *(later - time for time, later in pairwise(self.times))]
        return {"times": steps} | ({"says": tags} if tags else {})

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> "PublishPattern":
        """Return the pattern that ``to_json`` wrote; an empty one for a feed without any."""
        if not stored:
            return cls()
        tags = dict(stored.get("says", {}))
        for name in tags.keys() & {"skip_hours", "skip_days"}:
            tags[name] = frozenset(tags[name])
        return cls(tuple(accumulate(stored["times"])), ScheduleTags(**tags))


def learn(
    pattern: PublishPattern,
    published: Iterable[datetime | None],
    tags: ScheduleTags,
    *,
    last_success: datetime | None,
    new_episodes: int,
    now: datetime,
) -> PublishPattern:
    """Return the publish pattern, updated with a changed document.

    An episode appeared after the last successful poll, which did not find it, and before this one.
    A date outside of that time (a bare day, a backdated episode, a wrong time zone) is moved to its
    edge: the pattern records when episodes appear, not which date they bear. The first poll of a
    feed has the dates alone. Episodes older than the newest known one (an archive) are ignored.

    Args:
        pattern: the pattern so far.
        published: the dates of all items, in any order.
        tags: the schedule tags of the document.
        last_success: when the last successful poll was; None at the first.
        new_episodes: how many episodes are new; the only evidence when no item has a date.
        now: when the document was fetched.
    """
    earliest = _minutes(last_success) if last_success else 0
    newest_known = pattern.times[-1] if pattern.times else -1
    latest = _minutes(now)
    dates = {_minutes(date) for date in published if date and _EPOCH < date <= now + _MAX_AHEAD}
    times = [min(max(date, earliest), latest) for date in dates if date > newest_known]
    if new_episodes and last_success and not dates:
        times = [latest]
    return replace(pattern, times=_distinct_events([*pattern.times, *sorted(times)]), tags=tags)


def _distinct_events(times: Iterable[int]) -> tuple[int, ...]:
    """The latest times; of times close together, the first."""
    events: list[int] = []
    for time in times:
        if not events or (time - events[-1]) * _MINUTE >= _ONE_EVENT:
            events.append(time)
    return tuple(events[-MAX_TIMES:])


def _minutes(moment: datetime) -> int:
    return (moment - _EPOCH) // _MINUTE
