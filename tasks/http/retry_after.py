"""The Retry-After field (RFC 9110, 10.2.3)."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tasks.http.values import ResponseHeaders

MAX_RETRY_AFTER = timedelta(days=7)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Parse Retry-After, seconds or a date (RFC 9110, 10.2.3); None when absent or malformed."""
    if value is None:
        return None
    text = value.strip()
    if text.isdecimal() and text.isascii():
        return float(text[:12])
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year, or a time zone, that no date has
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max((when - now) / timedelta(seconds=1), 0.0)


def retry_after(headers: ResponseHeaders, now: datetime) -> timedelta | None:
    """Return the Retry-After of a response, at most a week; None when absent or malformed."""
    seconds = retry_after_seconds(headers.retry_after, now)
    if seconds is None:
        return None
    return min(timedelta(seconds=min(seconds, 1e9)), MAX_RETRY_AFTER)
