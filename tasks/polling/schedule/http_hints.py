"""Hints of a feed and its server about the next poll: ttl, caching headers, skipped hours. Pure."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.feeds.values import ScheduleTags
from tasks.http.values import ResponseHeaders

# Publishing tools write a ttl of a week for daily shows, so longer lifetimes are cut to this.
MAX_LIFETIME = timedelta(hours=24)

HOUR = timedelta(hours=1)
_FREQUENCY_DAYS = {"HOURLY": 1 / 24, "DAILY": 1.0, "WEEKLY": 7.0, "MONTHLY": 30.4, "YEARLY": 365.25}
_MAX_AGE = re.compile(r"(?:^|[,\s])(s-maxage|max-age)\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[,\s])(?:no-cache|no-store)\s*(?:$|,)", re.IGNORECASE)


def freshness_lifetime(tags: ScheduleTags, headers: ResponseHeaders) -> timedelta:
    """Return how long the document stays fresh: its ttl or its HTTP lifetime, the longer one.

    At most ``MAX_LIFETIME``; zero when neither is given.
    """
    ttl = timedelta(minutes=min(tags.ttl_minutes or 0, 10**6))
    return max(timedelta(), min(max(ttl, _http_lifetime(headers)), MAX_LIFETIME))


def _http_lifetime(headers: ResponseHeaders) -> timedelta:
    """The freshness lifetime (RFC 9111, section 4.2.1): Cache-Control, and without it Expires.

    s-maxage, the lifetime for shared caches, goes first: we fetch for many readers.
    """
    control = headers.cache_control or ""
    if _NO_CACHE.search(control):
        return timedelta()
    ages = {name.lower(): int(seconds) for name, seconds in _MAX_AGE.findall(control)}
    if ages:
        return timedelta(seconds=ages.get("s-maxage", ages.get("max-age", 0)))
    expires, date = _http_date(headers.expires), _http_date(headers.date)
    # Relative to the response's own Date: the server's clock may differ from ours.
    return expires - date if expires and date else timedelta()


def _http_date(value: str | None) -> datetime | None:
    """An HTTP date; None for "0" and other invalid dates, which mean "already expired"."""
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def next_allowed_time(at: datetime, tags: ScheduleTags) -> datetime:
    """Return the first time from ``at`` on outside of skipHours and skipDays (RSS 2.0, in GMT).

    A feed that skips every hour or every day is taken to skip none.
    """
    skip_hours = tags.skip_hours if len(tags.skip_hours) < 24 else frozenset()
    skip_days = tags.skip_days if len(tags.skip_days) < 7 else frozenset()
    moment = at.astimezone(UTC)
    while moment.hour in skip_hours or moment.weekday() in skip_days:
        moment = moment.replace(minute=0, second=0, microsecond=0) + HOUR
    return moment


def days_between_episodes(tags: ScheduleTags) -> float | None:
    """Return the declared days between two episodes; None when the feed declares none.

    ``podcast:updateFrequency`` as a recurrence rule (RFC 5545, section 3.3.10), else
    ``sy:updatePeriod``.
    """
    if days := _rule_days(tags.update_frequency or ""):
        return days
    # Publishing tools write "hourly", the default of the syndication module, on their own.
    if tags.update_period_seconds and tags.update_period_seconds > 3600:
        return tags.update_period_seconds / 86_400
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
