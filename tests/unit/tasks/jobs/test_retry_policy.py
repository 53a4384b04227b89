"""How long a failed job waits before its next attempt."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from models import Settings
from tasks.jobs.store import retry_policy
from tasks.jobs.values import RetryPolicy

POLICY = RetryPolicy(
    max_attempts=6, max_losses=10, first_wait_seconds=60, longest_wait_seconds=3600
)


def test_retry_wait_grows_fourfold_up_to_the_longest() -> None:
    waits = [POLICY.wait(failures, 0.5).total_seconds() for failures in (1, 2, 3, 4, 5)]
    assert waits == [60, 240, 960, 3600, 3600]


@given(st.integers(0, 500), st.floats(0, 1))
def test_retry_wait_is_never_outside_of_its_jitter(failures: int, jitter: float) -> None:
    assert timedelta(seconds=45) <= POLICY.wait(failures, jitter) <= timedelta(seconds=4500)


def test_retry_wait_is_spread_by_jitter() -> None:
    assert POLICY.wait(1, 0.0) == timedelta(seconds=45)
    assert POLICY.wait(1, 1.0) == timedelta(seconds=75)


def test_retry_policy_comes_from_the_settings() -> None:
    settings = Settings(
        job_max_attempts=2, job_max_worker_losses=3, job_retry_seconds=4, job_retry_max_seconds=5
    )
    assert retry_policy(settings) == RetryPolicy(2, 3, 4, 5)
