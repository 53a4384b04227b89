"""When to look at a feed again: pure, from its rhythm, what was said, and how the look went."""

from datetime import UTC, datetime, timedelta

from tasks.http.values import AnswerHeaders
from tasks.polling.schedule.backoff import after_failure
from tasks.polling.schedule.http_hints import fresh_for, out_of_skipped, usual_days
from tasks.polling.schedule.predict import worth_a_look_at
from tasks.polling.schedule.publish_pattern import FeedRhythm
from tasks.polling.values import Look, NextLook, Pace, Push, Troubles

# Nothing for so long, and looked at only so often; the longest silence stands first.
_DORMANT = (
    (timedelta(days=3 * 365), timedelta(days=30)),
    (timedelta(days=365), timedelta(days=7)),
)
COMPLETE = timedelta(days=30)

# Popular times are popular with everybody: looks at them are spread, towards later.
_SPREAD_SHARE, _SPREAD_MOST = 0.1, timedelta(minutes=5)

NO_PUSH = Push()

_MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def schedule_next(
    look: Look,
    rhythm: FeedRhythm,
    now: datetime,
    *,
    headers: AnswerHeaders,
    troubles: Troubles,
    pace: Pace,
    jitter: float,
    push: Push = NO_PUSH,
) -> NextLook:
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
    if look.outcome == "refused":
        return NextLook(None, "refused")
    rest = _rest(rhythm, now, jitter)
    if look.ok:
        usual = rest or _in_its_rhythm(
            rhythm, now, headers, pace, jitter, push_healthy=push.healthy
        )
        return _after_hint(usual, look, now, pace, push)
    failed = after_failure(look, headers, troubles, now, jitter=jitter)
    if rest and rest.at and failed.at and rest.at > failed.at:
        return NextLook(rest.at, rest.why, failed.host_not_before)
    return failed


def _after_hint(usual: NextLook, look: Look, now: datetime, pace: Pace, push: Push) -> NextLook:
    """One more look soon, when there was nothing new yet: caches lag behind the hub."""
    again = now + pace.floor
    if push.hinted and look.outcome == "unchanged" and usual.at and usual.at > again:
        return NextLook(again, "recheck")
    return usual


def _rest(rhythm: FeedRhythm, now: datetime, jitter: float) -> NextLook | None:
    """The look at a feed from which little is to be expected; None for the others."""
    spread = 0.9 + 0.2 * jitter
    if rhythm.says.complete:
        return NextLook(now + COMPLETE * spread, "complete")
    silence = now - (_EPOCH + rhythm.times[-1] * _MINUTE) if rhythm.times else timedelta()
    for silent, wait in _DORMANT:
        if silence >= silent:
            return NextLook(now + wait * spread, "dormant")
    return None


def _in_its_rhythm(
    rhythm: FeedRhythm,
    now: datetime,
    headers: AnswerHeaders,
    pace: Pace,
    jitter: float,
    *,
    push_healthy: bool,
) -> NextLook:
    """When a look is worth it, unless the feed, its server or our own limits say later.

    A document that says that it stays fresh is asked for again only then, ceiling or not.
    """
    least, why = max(
        (pace.floor, "floor"),
        (fresh_for(rhythm.says, headers), "fresh"),
        (pace.pushed if push_healthy else timedelta(), "pushed"),
    )
    worth = worth_a_look_at(
        (now - _EPOCH) / _MINUTE,
        rhythm.times,
        patience=pace.patience / _MINUTE,
        ceiling=pace.ceiling / _MINUTE,
        usual_days=usual_days(rhythm.says),
    )
    wait = _EPOCH + worth * _MINUTE - now
    if wait > least:
        least, why = wait, "rhythm" if wait < pace.ceiling else "ceiling"
    at = now + least + min(least * _SPREAD_SHARE, _SPREAD_MOST) * jitter
    allowed = out_of_skipped(at, rhythm.says)
    if allowed > at:
        return NextLook(allowed + _SPREAD_MOST * jitter, "skipped_hours")
    return NextLook(at, why)
