"""When to look at a feed again: pure, from what the last look came to.

This is the plain schedule: one interval, and a backoff that never gives up. A feed's own rhythm
belongs here too.
"""

from datetime import datetime, timedelta

from tasks.crawls.values import Look, NextLook

FIRST_BACKOFF = timedelta(hours=1)
LONGEST_BACKOFF = timedelta(days=3)
GONE = timedelta(days=30)


def next_look(
    look: Look, now: datetime, *, interval: timedelta, error_count: int, jitter: float
) -> NextLook:
    """The next look after this one; ``error_count`` includes it, ``jitter`` is 0 to 1.

    A refused feed is not looked at again until somebody asks for it.
    """
    if look.outcome == "refused":
        return NextLook(None, "refused")
    if look.ok:
        return NextLook(now + interval * (0.95 + 0.1 * jitter), "interval")
    if look.status == 410:
        return NextLook(now + GONE, "gone")
    backoff = min(FIRST_BACKOFF * 2.0 ** min(error_count - 1, 20), LONGEST_BACKOFF)
    return NextLook(now + backoff * (0.75 + 0.5 * jitter), "backoff")
