"""How long something that failed waits."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tasks.jobs.backoff import backoff

FIRST, LONGEST = timedelta(minutes=10), timedelta(hours=2)


def test_backoff_doubles_up_to_the_longest_wait() -> None:
    waits = [backoff(failures, FIRST, LONGEST, jitter=0.5) for failures in range(1, 7)]
    assert waits == [timedelta(minutes=minutes) for minutes in (10, 20, 40, 80, 120, 120)]


def test_backoff_before_any_failure_is_the_first_wait() -> None:
    assert backoff(0, FIRST, LONGEST, jitter=0.5) == FIRST


@given(st.integers(0, 5000), st.floats(0, 1))
def test_backoff_is_never_outside_of_its_jitter(failures: int, jitter: float) -> None:
    wait = backoff(failures, FIRST, LONGEST, jitter=jitter, factor=4)
    assert FIRST * 0.75 <= wait <= LONGEST * 1.25
