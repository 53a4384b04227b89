"""Exponential backoff with jitter, by tenacity's formula. Pure.

For rows that another process retries minutes or days later: tenacity computes the wait, and the row
stores when it ends.
"""

from datetime import timedelta

import tenacity

_SECOND = timedelta(seconds=1)


def backoff(
    failures: int, first: timedelta, longest: timedelta, *, jitter: float, factor: float = 2
) -> timedelta:
    """Return the wait after this many failures: ``factor`` times longer each time.

    The wait starts at ``first`` and grows up to ``longest``. ``jitter`` (0 to 1) then spreads it
    over three quarters to five quarters of its length, so that what failed together is not retried
    together.
    """
    wait = tenacity.wait_exponential(multiplier=first / _SECOND, max=longest, exp_base=factor)
    return timedelta(seconds=wait(_after(failures)) * (0.75 + 0.5 * jitter))


def _after(failures: int) -> tenacity.RetryCallState:
    """Return the state that tenacity's wait strategies read: the number of the attempt."""
    state = tenacity.RetryCallState(tenacity.Retrying(), None, (), {})
    state.attempt_number = max(1, failures)
    return state
