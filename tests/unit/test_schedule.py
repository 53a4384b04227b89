"""When a feed is looked at again: on every path there is an answer, and it is a polite one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.crawls.backoff import FIRST_BACKOFF, GONE, LONGEST_BACKOFF
from tasks.crawls.schedule import next_look
from tasks.crawls.values import Look, NextLook

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
JITTER = st.floats(0, 1)


def after(outcome: str, *, errors: int = 0, jitter: float = 0.5, **look: Any) -> NextLook:
    said = Look(1, "https://podcast.example/", outcome, **look)
    return next_look(said, NOW, interval=HOUR, error_count=errors, jitter=jitter)


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
def test_a_feed_that_works_is_looked_at_after_the_interval(outcome: str) -> None:
    assert after(outcome) == NextLook(NOW + HOUR, "interval")


@given(JITTER)
def test_jitter_moves_the_interval_by_no_more_than_a_twentieth(jitter: float) -> None:
    at = after("changed", jitter=jitter).at
    assert at is not None
    assert timedelta(minutes=57) <= at - NOW <= timedelta(minutes=63)


def test_failures_wait_twice_as_long_each_time() -> None:
    waits = [after("failed", errors=errors).at for errors in (1, 2, 3)]
    assert waits == [NOW + FIRST_BACKOFF, NOW + 2 * FIRST_BACKOFF, NOW + 4 * FIRST_BACKOFF]


@given(st.integers(1, 10**9), JITTER)
def test_the_backoff_has_an_end_and_never_gives_up(errors: int, jitter: float) -> None:
    at = after("failed", errors=errors, jitter=jitter).at
    assert at is not None
    assert 0.75 * FIRST_BACKOFF <= at - NOW <= 1.25 * LONGEST_BACKOFF


def test_a_feed_that_is_gone_is_asked_again_after_a_month() -> None:
    assert after("failed", errors=1, status=410) == NextLook(NOW + GONE, "gone")


def test_what_is_no_feed_is_not_looked_at_again_until_somebody_asks() -> None:
    assert after("refused", errors=1) == NextLook(None, "refused")
