"""What a feed and its server say about when to look again, read as bounds on the next look."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.feeds.values import ScheduleTags
from tasks.http.values import ResponseHeaders

# Publishing tools set a week of ttl on daily shows. What is said is believed up to here.
BELIEVED = timedelta(hours=24)

HOUR = timedelta(hours=1)
_FREQUENCY_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 30.4, "YEARLY": 365.25}
_MAX_AGE = re.compile(r"(?:^|[,\s])(s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[,\s])(?:no-cache|no-store)\s*(?:$|,)", re.IGNORECASE)


def freshness_lifetime(says: ScheduleTags, headers: ResponseHeaders) -> timedelta:
    """How long the document is not to be asked for again: by its ttl and by its server.

    The longer of the two, at most ``BELIEVED``; zero when nothing is said.
    """
    ttl = timedelta(minutes=min(says.ttl_minutes or 0, 10**6))
    return max(timedelta(), min(max(ttl, _cached_for(headers)), BELIEVED))


def _cached_for(headers: ResponseHeaders) -> timedelta:
    """The freshness lifetime (RFC 9111, 4.2.1): Cache-Control, and without it Expires.

    The lifetime that is meant for shared caches counts first: we ask for many readers.
    """
    control = headers.cache_control or ""
    if _NO_CACHE.search(control):
        return timedelta()
    ages = {name.lower(): int(seconds) for name, seconds in _MAX_AGE.findall(control)}
    if ages:
        return timedelta(seconds=ages.get("s-maxage", ages.get("max-age", 0)))
    expires, date = _http_date(headers.expires), _http_date(headers.date)
    # Relative to the answer's own Date: the server's clock need not be ours.
    return expires - date if expires and date else timedelta()


def _http_date(value: str | None) -> datetime | None:
    """An HTTP date; None for the "0" and the nonsense that means "already expired"."""
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def next_allowed_time(at: datetime, says: ScheduleTags) -> datetime:
    """The first moment from ``at`` on that is in no skipped hour or day (RSS 2.0, in GMT).

    Skipping everything says nothing, and is ignored.
    """
    skip_hours = says.skip_hours if len(says.skip_hours) < 24 else frozenset()
    skip_days = says.skip_days if len(says.skip_days) < 7 else frozenset()
    moment = at.astimezone(UTC)
    while moment.hour in skip_hours or moment.weekday() in skip_days:
        moment = moment.replace(minute=0, second=0, microsecond=0) + HOUR
    return moment


def days_between_episodes(says: ScheduleTags) -> float | None:
    """How many days lie between two episodes, as the feed says; None when it does not.

    ``podcast:updateFrequency`` as a recurrence rule (RFC 5545, 3.3.10), else ``sy:updatePeriod``.
    """
    if days := _rule_days(says.update_frequency or ""):
        return days
    # The syndication module's default of "hourly" is what publishing tools write without asking.
    if says.update_period_seconds and says.update_period_seconds > 3600:
        return says.update_period_seconds / 86_400
    return None


def _rule_days(rule: str) -> float | None:
    parts = dict(part.split("=", 1) for part in rule.upper().split(";") if "=" in part)
    days = _FREQUENCY_DAYS.get(parts.get("FREQ", "").strip())
    if days is None:
        return None
    interval = parts.get("INTERVAL", "1").strip()
    every = int(interval) if re.fullmatch(r"[1-9]\d{0,3}", interval) else 1
    listed = parts.get("BYDAY") or parts.get("BYMONTHDAY") or ""
    return days * every / max(len([day for day in listed.split(",") if day.strip()]), 1)
