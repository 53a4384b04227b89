"""The predicted next poll, for the ways in which shows publish."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.polling.schedule.predict import next_poll_time

HOUR, DAY = 60, 1440
MONDAY = 56 * 7 * DAY * 52 + 4 * DAY  # midnight; 1970 began on a Thursday
MIN_INTERVAL, MAX_INTERVAL = 10, 12 * HOUR


def poll_times(times: Sequence[int], start: float, end: float) -> list[float]:
    """The polls between two times, when no episode is new."""
    polls = []
    moment = start
    while moment < end:
        next_poll = next_poll_time(
            moment, times, target_delay=3, max_interval=MAX_INTERVAL, days_between_episodes=None
        )
        moment = max(next_poll, moment + MIN_INTERVAL)
        polls.append(moment)
    return polls[:-1]


def first_after(moment: float, polls: Sequence[float]) -> float:
    return min(poll for poll in polls if poll >= moment) - moment


def within(begin: float, end: float, polls: Sequence[float]) -> int:
    return sum(begin <= poll < end for poll in polls)


DAILY = [MONDAY + n * DAY + 6 * HOUR for n in range(32)]
WEEKDAYS = [MONDAY + (n // 5 * 7 + n % 5) * DAY + 6 * HOUR for n in range(30)]
TUESDAYS = [MONDAY + (7 * n + 1) * DAY + 6 * HOUR + n % 3 for n in range(20)]
BIWEEKLY = [MONDAY + 14 * n * DAY + 9 * HOUR for n in range(16)]
MONTHLY = [MONDAY + day * DAY + 9 * HOUR for day in (0, 28, 63, 91, 119, 154, 182, 210)]


def test_daily_show_is_polled_minutes_after_its_time() -> None:
    expected = DAILY[-1] + DAY
    polls = poll_times(DAILY, DAILY[-1] + 10, expected + HOUR)
    assert first_after(expected, polls) < 20
    assert within(DAILY[-1] + 10, expected - HOUR, polls) <= 4


def test_weekday_show_is_polled_rarely_at_the_weekend() -> None:
    friday = WEEKDAYS[-1]
    polls = poll_times(WEEKDAYS, friday + 10, friday + 3 * DAY + HOUR)
    assert first_after(friday + 3 * DAY, polls) < 20
    assert within(friday + HOUR, friday + 3 * DAY - HOUR, polls) <= 12


def test_weekly_show_is_polled_on_its_day_and_hour() -> None:
    tuesday = TUESDAYS[-1]
    polls = poll_times(TUESDAYS, tuesday + 10, tuesday + 7 * DAY + 3 * HOUR)
    assert first_after(tuesday + 7 * DAY, polls) < 20
    per_hour = within(tuesday + DAY, tuesday + 6 * DAY, polls) / (5 * 24)
    assert within(tuesday + 7 * DAY, tuesday + 7 * DAY + 3 * HOUR, polls) / 3 > 5 * per_hour


def test_missing_episode_is_polled_for_less_and_less() -> None:
    tuesday = TUESDAYS[-1] + 7 * DAY
    polls = poll_times(TUESDAYS, tuesday - HOUR, tuesday + 3 * DAY)
    soon, later = within(tuesday, tuesday + 4 * HOUR, polls), polls[-5:]
    assert soon >= 4
    assert within(tuesday + DAY, tuesday + 3 * DAY, polls) <= 8
    assert min(b - a for a, b in pairwise(later)) > 2 * HOUR


def test_show_that_skips_a_week_is_polled_on_its_next_day() -> None:
    missed = TUESDAYS[-1] + 14 * DAY
    assert first_after(missed, poll_times(TUESDAYS, missed - 12 * HOUR, missed + 3 * HOUR)) < 40


@pytest.mark.parametrize(("times", "gap"), [(BIWEEKLY, 14), (MONTHLY, 28), (MONTHLY, 35)])
def test_rare_show_is_polled_soon_after_its_time(times: list[int], gap: int) -> None:
    expected = times[-1] + gap * DAY
    assert first_after(expected, poll_times(times, expected - DAY, expected + 3 * HOUR)) < 60


def test_show_with_several_times_a_day_is_polled_at_each() -> None:
    times = [MONDAY + n * DAY + hour * HOUR for n in range(10) for hour in (6, 12, 18)]
    begin = times[-1] + DAY - 12 * HOUR
    for found in range(3):
        known = [*times, *(begin + each * 6 * HOUR for each in range(found))]
        expected = begin + found * 6 * HOUR
        assert first_after(expected, poll_times(known, known[-1] + 10, expected + 2 * HOUR)) < 45


def test_show_around_midnight_has_one_time_of_day() -> None:
    times = [MONDAY + n * DAY + (-5 if n % 2 else 5) for n in range(1, 31)]
    expected = times[-1] + DAY
    polls = poll_times(times, times[-1] + HOUR, expected + HOUR)
    assert first_after(expected + 5, polls) < 20
    assert within(times[-1] + HOUR, expected - 2 * HOUR, polls) <= 5


def test_ended_season_is_polled_rarely_on_its_weekday() -> None:
    def wait(days: int) -> float:
        start = TUESDAYS[-1] + days * DAY - 2 * HOUR
        return (
            next_poll_time(
                start, TUESDAYS, target_delay=3, max_interval=DAY * 99, days_between_episodes=None
            )
            - start
        )

    assert wait(14) < wait(70) < wait(350)
    assert wait(70) < wait(72) / 2


def test_declared_interval_counts_for_new_feeds_only() -> None:
    def wait(declared_days: float | None, times: Sequence[int]) -> float:
        start = MONDAY + 12 * HOUR
        return (
            next_poll_time(
                start,
                times,
                target_delay=3,
                max_interval=DAY * 99,
                days_between_episodes=declared_days,
            )
            - start
        )

    assert wait(1, []) < wait(None, []) < wait(30, [])
    assert wait(1, [MONDAY]) <= wait(None, [MONDAY])
    known = [MONDAY - n * 7 * DAY for n in range(20, -1, -1)]
    assert wait(1, known) == wait(30, known)


def test_longer_target_delay_means_fewer_polls() -> None:
    start = DAILY[-1] + 16 * HOUR
    waits = [
        next_poll_time(
            start,
            DAILY,
            target_delay=target_delay,
            max_interval=MAX_INTERVAL,
            days_between_episodes=None,
        )
        for target_delay in (1, 3, 6)
    ]
    assert waits == sorted(set(waits))


def test_feed_with_one_known_time_is_polled() -> None:
    assert poll_times([MONDAY], MONDAY + DAY, MONDAY + 2 * DAY)


@given(
    st.lists(st.integers(0, 40_000_000), max_size=32, unique=True),
    st.floats(0, 3_000_000),
    st.floats(0.1, 600),
    st.floats(10, 40_000),
    st.none() | st.floats(0.04, 400),
)
def test_next_poll_is_after_now_and_within_interval(
    times: list[int],
    silence: float,
    target_delay: float,
    max_interval: float,
    declared_days: float | None,
) -> None:
    times = sorted(times)
    now = (times[-1] if times else MONDAY) + silence
    next_poll = next_poll_time(
        now,
        times,
        target_delay=target_delay,
        max_interval=max_interval,
        days_between_episodes=declared_days,
    )
    assert now < next_poll <= now + max_interval
