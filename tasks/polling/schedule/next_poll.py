"""Schedules the next poll of a feed from its publish pattern, its hints and this poll. Pure."""

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

# A feed without a new episode for the first time is polled at the second interval.
_DORMANT = (
    (timedelta(days=3 * 365), timedelta(days=30)),
    (timedelta(days=365), timedelta(days=7)),
)
COMPLETE_INTERVAL = timedelta(days=30)

# Many feeds publish at the same popular times: polls are spread, to later times only.
_SPREAD_SHARE, _MAX_SPREAD = 0.1, timedelta(minutes=5)

NO_PUSH = PushState()

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def schedule_next_poll(
    poll: Poll,
    pattern: PublishPattern,
    now: datetime,
    *,
    headers: ResponseHeaders,
    failures: FailureState,
    intervals: PollIntervals,
    jitter: float,
    push: PushState = NO_PUSH,
) -> NextPoll:
    """Return when a feed is polled next, and why; never only if it was refused.

    Args:
        poll: the poll that has just ended.
        pattern: the publish pattern, including what this poll's document taught.
        now: when the feed was polled.
        headers: those of the response; empty ones when there was none.
        failures: how often the feed has failed in a row, including this poll.
        intervals: the operator's intervals and target delay.
        jitter: a random number from 0 to 1.
        push: what a hub and its notifications mean for the schedule.
    """
    if poll.outcome == "refused":
        return NextPoll(None, "refused")
    quiet = _quiet_feed_poll(pattern, now, jitter)
    if poll.succeeded:
        usual = quiet or _predicted_poll(
            pattern, now, headers, intervals, jitter, push_active=push.active
        )
        return _recheck_after_notification(usual, poll, now, intervals, push)
    failed = next_poll_after_failure(poll, headers, failures, now, jitter=jitter)
    if quiet and quiet.at and failed.at and quiet.at > failed.at:
        return NextPoll(quiet.at, quiet.reason, failed.host_not_before)
    return failed


def _recheck_after_notification(
    usual: NextPoll, poll: Poll, now: datetime, intervals: PollIntervals, push: PushState
) -> NextPoll:
    """Poll once more soon if a notification brought nothing new: caches lag behind the hub."""
    recheck_at = now + intervals.minimum
    if push.notified and poll.outcome == "unchanged" and usual.at and usual.at > recheck_at:
        return NextPoll(recheck_at, "recheck")
    return usual


def _quiet_feed_poll(pattern: PublishPattern, now: datetime, jitter: float) -> NextPoll | None:
    """The next poll of a feed that is complete or dormant; None for all others."""
    spread = 0.9 + 0.2 * jitter
    if pattern.tags.complete:
        return NextPoll(now + COMPLETE_INTERVAL * spread, "complete")
    silence = now - (_EPOCH + pattern.times[-1] * _MINUTE) if pattern.times else timedelta()
    for silent_for, interval in _DORMANT:
        if silence >= silent_for:
            return NextPoll(now + interval * spread, "dormant")
    return None


def _predicted_poll(
    pattern: PublishPattern,
    now: datetime,
    headers: ResponseHeaders,
    intervals: PollIntervals,
    jitter: float,
    *,
    push_active: bool,
) -> NextPoll:
    """The next poll by prediction, unless the feed, its server or our intervals require later.

    A document that declares how long it stays fresh is not fetched before, even when that is
    longer than the maximum interval.
    """
    wait, reason = max(
        (intervals.minimum, "floor"),
        (freshness_lifetime(pattern.tags, headers), "fresh"),
        (intervals.with_push if push_active else timedelta(), "pushed"),
    )
    predicted_minute = next_poll_time(
        (now - _EPOCH) / _MINUTE,
        pattern.times,
        target_delay=intervals.target_delay / _MINUTE,
        max_interval=intervals.maximum / _MINUTE,
        days_between_episodes=days_between_episodes(pattern.tags),
    )
    predicted = _EPOCH + predicted_minute * _MINUTE - now
    if predicted > wait:
        wait, reason = predicted, "rhythm" if predicted < intervals.maximum else "ceiling"
    at = now + wait + min(wait * _SPREAD_SHARE, _MAX_SPREAD) * jitter
    allowed = next_allowed_time(at, pattern.tags)
    if allowed > at:
        return NextPoll(allowed + _MAX_SPREAD * jitter, "skipped_hours")
    return NextPoll(at, reason)
