"""When to look again at a feed that failed: later each time, as asked, and never not at all."""

from datetime import datetime, timedelta

from tasks.http.retry_after import retry_after
from tasks.http.values import ResponseHeaders
from tasks.polling.values import FailureState, NextPoll, Poll

FIRST_BACKOFF = timedelta(hours=1)
FIRST_BACKOFF_PASSING = timedelta(minutes=10)
LONGEST_BACKOFF = timedelta(days=3)
GONE = timedelta(days=30)
DEAD_AFTER = timedelta(days=365)

# Troubles of networks and servers, which others are likely to mend within the hour.
_PASSING = frozenset({"timeout", "dns_failed", "connect_failed", "dropped", "not_attempted"})
_PASSING_STATUSES = frozenset({408, 425, 429})

# One feed's answer stops all feeds of its host. 429 counts requests by who asks (RFC 6585, 4), and
# is believed for a day; 503 may be about one site of many, and is believed for an hour.
_HOST_BELIEVED = {429: timedelta(days=1), 503: timedelta(hours=1)}


def next_poll_after_failure(
    poll: Poll, headers: ResponseHeaders, failures: FailureState, now: datetime, *, jitter: float
) -> NextPoll:
    """Doubling waits up to three days, at least as long as Retry-After asks; monthly if gone.

    A feed that failed for a year counts as gone. ``jitter`` (0 to 1) spreads a backoff over three
    quarters to five quarters of its length, and what the server asked for only to later.
    """
    if poll.status == 410:
        return NextPoll(now + GONE * (0.9 + 0.2 * jitter), "gone")
    if failures.failing_since and now - failures.failing_since > DEAD_AFTER:
        return NextPoll(now + GONE * (0.9 + 0.2 * jitter), "dead")
    asked = retry_after(headers, now) if poll.status in _HOST_BELIEVED else None
    host_not_before = _host_not_before(poll, asked, now)
    wait = _backoff(poll, failures.error_count) * (0.75 + 0.5 * jitter)
    if asked is not None and asked > wait:
        wait = asked + min(asked * 0.1, timedelta(minutes=15)) * jitter
        return NextPoll(now + wait, "retry_after", host_not_before)
    return NextPoll(now + wait, "backoff", host_not_before)


def _backoff(poll: Poll, error_count: int) -> timedelta:
    first = FIRST_BACKOFF_PASSING if _is_passing(poll) else FIRST_BACKOFF
    return min(first * 2.0 ** min(max(error_count - 1, 0), 20), LONGEST_BACKOFF)


def _is_passing(poll: Poll) -> bool:
    if poll.status is None:
        return poll.reason in _PASSING
    return poll.status >= 500 or poll.status in _PASSING_STATUSES


def _host_not_before(poll: Poll, asked: timedelta | None, now: datetime) -> datetime | None:
    if poll.status == 429 and asked is None:
        return now + FIRST_BACKOFF_PASSING
    if poll.status is None or not asked:
        return None
    return now + min(asked, _HOST_BELIEVED[poll.status])
