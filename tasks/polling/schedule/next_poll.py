"""When to look at a feed again: pure, from its rhythm, what was said, and how the look went."""

from datetime import UTC, datetime, timedelta

from tasks.http.values import ResponseHeaders
from tasks.polling.schedule.backoff import next_poll_after_failure
from tasks.polling.schedule.http_hints import (
    days_between_episodes,
    freshness_lifetime,
    next_allowed_time,
)
from tasks.polling.schedule.predict import next_poll_time
from tasks.polling.schedule.publish_pattern import PublishPattern
from tasks.polling.values import FailureState, NextPoll, Poll, PollIntervals, PushState

# Nothing for so long, and looked at only so often; the longest silence stands first.
_DORMANT = (
    (timedelta(days=3 * 365), timedelta(days=30)),
    (timedelta(days=365), timedelta(days=7)),
)
COMPLETE = timedelta(days=30)

# Popular times are popular with everybody: looks at them are spread, towards later.
_SPREAD_SHARE, _SPREAD_MOST = 0.1, timedelta(minutes=5)

NO_PUSH = PushState()

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def schedule_next_poll(
    poll: Poll,
    rhythm: PublishPattern,
    now: datetime,
    *,
    headers: ResponseHeaders,
    failures: FailureState,
    intervals: PollIntervals,
    jitter: float,
    push: PushState = NO_PUSH,
) -> NextPoll:
    """The next look after this one, and why then; there always is one, unless it was refused.

    Args:
        look: what the last look came to.
        rhythm: what is known of the feed, the document of this look included.
        now: when it was looked at.
        headers: the answer's; empty ones when there was no answer.
        troubles: how it has failed so far, this look included.
        pace: how often we look at all.
        jitter: 0 to 1, at random.
        push: what others told us of the feed.
    """
    if poll.outcome == "refused":
        return NextPoll(None, "refused")
    rest = _rest(rhythm, now, jitter)
    if poll.ok:
        usual = rest or _in_its_rhythm(
            rhythm, now, headers, intervals, jitter, push_healthy=push.healthy
        )
        return _after_hint(usual, poll, now, intervals, push)
    failed = next_poll_after_failure(poll, headers, failures, now, jitter=jitter)
    if rest and rest.at and failed.at and rest.at > failed.at:
        return NextPoll(rest.at, rest.why, failed.host_not_before)
    return failed


def _after_hint(
    usual: NextPoll, poll: Poll, now: datetime, intervals: PollIntervals, push: PushState
) -> NextPoll:
    """One more look soon, when there was nothing new yet: caches lag behind the hub."""
    again = now + intervals.floor
    if push.hinted and poll.outcome == "unchanged" and usual.at and usual.at > again:
        return NextPoll(again, "recheck")
    return usual


def _rest(rhythm: PublishPattern, now: datetime, jitter: float) -> NextPoll | None:
    """The look at a feed from which little is to be expected; None for the others."""
    spread = 0.9 + 0.2 * jitter
    if rhythm.says.complete:
        return NextPoll(now + COMPLETE * spread, "complete")
    silence = now - (_EPOCH + rhythm.times[-1] * _MINUTE) if rhythm.times else timedelta()
    for silent, wait in _DORMANT:
        if silence >= silent:
            return NextPoll(now + wait * spread, "dormant")
    return None


def _in_its_rhythm(
    rhythm: PublishPattern,
    now: datetime,
    headers: ResponseHeaders,
    intervals: PollIntervals,
    jitter: float,
    *,
    push_healthy: bool,
) -> NextPoll:
    """When a look is worth it, unless the feed, its server or our own limits say later.

    A document that says that it stays fresh is asked for again only then, ceiling or not.
    """
    least, why = max(
        (intervals.floor, "floor"),
        (freshness_lifetime(rhythm.says, headers), "fresh"),
        (intervals.pushed if push_healthy else timedelta(), "pushed"),
    )
    worth = next_poll_time(
        (now - _EPOCH) / _MINUTE,
        rhythm.times,
        patience=intervals.patience / _MINUTE,
        ceiling=intervals.ceiling / _MINUTE,
        days_between_episodes=days_between_episodes(rhythm.says),
    )
    wait = _EPOCH + worth * _MINUTE - now
    if wait > least:
        least, why = wait, "rhythm" if wait < intervals.ceiling else "ceiling"
    at = now + least + min(least * _SPREAD_SHARE, _SPREAD_MOST) * jitter
    allowed = next_allowed_time(at, rhythm.says)
    if allowed > at:
        return NextPoll(allowed + _SPREAD_MOST * jitter, "skipped_hours")
    return NextPoll(at, why)
