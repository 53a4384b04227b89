"""Exponential backoff for failing feeds; honours Retry-After and never gives up. Pure."""

from datetime import datetime, timedelta

from tasks.http.retry_after import retry_after
from tasks.http.values import ResponseHeaders
from tasks.jobs.backoff import backoff
from tasks.polling.values import FailureState, NextPoll, Poll

FIRST_BACKOFF = timedelta(hours=1)
FIRST_BACKOFF_TRANSIENT = timedelta(minutes=10)
# The same bytes would cost the same again, and the next ones probably.
FIRST_BACKOFF_OVER_BUDGET = timedelta(days=1)
MAX_BACKOFF = timedelta(days=3)
GONE_INTERVAL = timedelta(days=30)
DEAD_AFTER = timedelta(days=365)

# Failures of networks and servers that are usually repaired within the hour.
_TRANSIENT = frozenset(
    {"timeout", "dns_failed", "connect_failed", "dropped", "not_attempted", "time_limit"}
)
_TRANSIENT_STATUSES = frozenset({408, 425, 429})

# The response to one feed stops all feeds of its host, for at most this long. 429 counts the
# requests of a client (RFC 6585, section 4); 503 may concern one site of many on the host.
_MAX_HOST_WAIT = {429: timedelta(days=1), 503: timedelta(hours=1)}


def next_poll_after_failure(
    poll: Poll, headers: ResponseHeaders, failures: FailureState, now: datetime, *, jitter: float
) -> NextPoll:
    """Return when a failing feed is polled next: exponential backoff, or Retry-After if longer.

    A feed that is gone (410), or that has failed for a year, is polled once a month. ``jitter``
    (0 to 1) spreads a backoff over three quarters to five quarters of its length, and a
    Retry-After to later times only.
    """
    if poll.status == 410:
        return NextPoll(now + GONE_INTERVAL * (0.9 + 0.2 * jitter), "gone")
    if failures.failing_since and now - failures.failing_since > DEAD_AFTER:
        return NextPoll(now + GONE_INTERVAL * (0.9 + 0.2 * jitter), "dead")
    requested = retry_after(headers, now) if poll.status in _MAX_HOST_WAIT else None
    host_not_before = _host_not_before(poll, requested, now)
    wait = backoff(failures.error_count, _first_backoff(poll), MAX_BACKOFF, jitter=jitter)
    if requested is not None and requested > wait:
        wait = requested + min(requested * 0.1, timedelta(minutes=15)) * jitter
        return NextPoll(now + wait, "retry_after", host_not_before)
    return NextPoll(now + wait, "backoff", host_not_before)


def _first_backoff(poll: Poll) -> timedelta:
    if poll.reason == "over_budget":
        return FIRST_BACKOFF_OVER_BUDGET
    return FIRST_BACKOFF_TRANSIENT if _is_transient(poll) else FIRST_BACKOFF


def _is_transient(poll: Poll) -> bool:
    if poll.status is None:
        return poll.reason in _TRANSIENT
    return poll.status >= 500 or poll.status in _TRANSIENT_STATUSES


def _host_not_before(poll: Poll, requested: timedelta | None, now: datetime) -> datetime | None:
    if poll.status == 429 and requested is None:
        return now + FIRST_BACKOFF_TRANSIENT
    if poll.status is None or not requested:
        return None
    return now + min(requested, _MAX_HOST_WAIT[poll.status])
