"""When audio may be transcribed: at night only, and so many hours of it a day; pure."""

from datetime import datetime, timedelta

from tasks.jobs.values import JobPostponed

_HOUR_MS = 3_600_000
# After this time it is checked again, since settings may change.
_LATEST_SECONDS = 3_600.0


def check_budget(
    now: datetime, hours: tuple[int, int], hours_per_day: float, done_today_ms: int
) -> None:
    """Check that audio may be transcribed now.

    ``hours`` are the first hour (UTC) in which it may and the first in which it may not.

    Raises:
        JobPostponed: it is not within these hours, or the hours of today are used up.
    """
    first, last = hours
    if not is_within(now.hour, first, last):
        raise JobPostponed("night_only", _until(now, first))
    if hours_per_day and done_today_ms >= hours_per_day * _HOUR_MS:
        raise JobPostponed("daily_hours_used", _until(now, 0))


def is_within(hour: int, first: int, last: int) -> bool:
    """Whether an hour is from the first to the last one, which may be on the next day."""
    if first == last:
        return True
    if first < last:
        return first <= hour < last
    return hour >= first or hour < last


def _until(now: datetime, hour: int) -> float:
    """Seconds until this hour, but at most an hour: settings may change."""
    begin = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if begin <= now:
        begin += timedelta(days=1)
    return min((begin - now).total_seconds(), _LATEST_SECONDS)
