"""When a look is worth its request, for the ways in which shows publish."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.polling.schedule.predict import next_poll_time

HOUR, DAY = 60, 1440
MONDAY = 56 * 7 * DAY * 52 + 4 * DAY  # midnight; 1970 began on a Thursday
FLOOR, CEILING = 10, 12 * HOUR


def looks(times: Sequence[int], start: float, end: float) -> list[float]:
    """The looks between two moments, when nothing new is found."""
    found = []
    moment = start
    while moment < end:
        worth = next_poll_time(
            moment, times, patience=3, ceiling=CEILING, days_between_episodes=None
        )
        moment = max(worth, moment + FLOOR)
        found.append(moment)
    return found[:-1]


def first_after(moment: float, looked: Sequence[float]) -> float:
    return min(look for look in looked if look >= moment) - moment


def within(begin: float, end: float, looked: Sequence[float]) -> int:
    return sum(begin <= look < end for look in looked)


DAILY = [MONDAY + n * DAY + 6 * HOUR for n in range(32)]
WEEKDAYS = [MONDAY + (n // 5 * 7 + n % 5) * DAY + 6 * HOUR for n in range(30)]
TUESDAYS = [MONDAY + (7 * n + 1) * DAY + 6 * HOUR + n % 3 for n in range(20)]
BIWEEKLY = [MONDAY + 14 * n * DAY + 9 * HOUR for n in range(16)]
MONTHLY = [MONDAY + day * DAY + 9 * HOUR for day in (0, 28, 63, 91, 119, 154, 182, 210)]


def test_a_daily_show_is_looked_at_minutes_after_its_time() -> None:
    expected = DAILY[-1] + DAY
    looked = looks(DAILY, DAILY[-1] + 10, expected + HOUR)
    assert first_after(expected, looked) < 20
    assert within(DAILY[-1] + 10, expected - HOUR, looked) <= 4


def test_a_show_of_weekdays_is_left_in_peace_at_the_weekend() -> None:
    friday = WEEKDAYS[-1]
    looked = looks(WEEKDAYS, friday + 10, friday + 3 * DAY + HOUR)
    assert first_after(friday + 3 * DAY, looked) < 20
    assert within(friday + HOUR, friday + 3 * DAY - HOUR, looked) <= 12


def test_a_weekly_show_is_looked_at_on_its_day_and_hour() -> None:
    tuesday = TUESDAYS[-1]
    looked = looks(TUESDAYS, tuesday + 10, tuesday + 7 * DAY + 3 * HOUR)
    assert first_after(tuesday + 7 * DAY, looked) < 20
    per_hour = within(tuesday + DAY, tuesday + 6 * DAY, looked) / (5 * 24)
    assert within(tuesday + 7 * DAY, tuesday + 7 * DAY + 3 * HOUR, looked) / 3 > 5 * per_hour


def test_an_episode_that_does_not_come_is_looked_for_less_and_less() -> None:
    tuesday = TUESDAYS[-1] + 7 * DAY
    looked = looks(TUESDAYS, tuesday - HOUR, tuesday + 3 * DAY)
    soon, later = within(tuesday, tuesday + 4 * HOUR, looked), looked[-5:]
    assert soon >= 4
    assert within(tuesday + DAY, tuesday + 3 * DAY, looked) <= 8
    assert min(b - a for a, b in pairwise(later)) > 2 * HOUR


def test_a_skipped_week_is_looked_for_again_on_the_next_tuesday() -> None:
    missed = TUESDAYS[-1] + 14 * DAY
    assert first_after(missed, looks(TUESDAYS, missed - 12 * HOUR, missed + 3 * HOUR)) < 40


@pytest.mark.parametrize(("times", "gap"), [(BIWEEKLY, 14), (MONTHLY, 28), (MONTHLY, 35)])
def test_a_rare_show_is_looked_at_soon_after_its_time(times: list[int], gap: int) -> None:
    expected = times[-1] + gap * DAY
    assert first_after(expected, looks(times, expected - DAY, expected + 3 * HOUR)) < 60


def test_a_show_several_times_a_day_is_looked_at_several_times_a_day() -> None:
    times = [MONDAY + n * DAY + hour * HOUR for n in range(10) for hour in (6, 12, 18)]
    begin = times[-1] + DAY - 12 * HOUR
    for found in range(3):
        known = [*times, *(begin + each * 6 * HOUR for each in range(found))]
        expected = begin + found * 6 * HOUR
        assert first_after(expected, looks(known, known[-1] + 10, expected + 2 * HOUR)) < 45


def test_a_show_around_midnight_is_one_show_and_not_two() -> None:
    times = [MONDAY + n * DAY + (-5 if n % 2 else 5) for n in range(1, 31)]
    expected = times[-1] + DAY
    looked = looks(times, times[-1] + HOUR, expected + HOUR)
    assert first_after(expected + 5, looked) < 20
    assert within(times[-1] + HOUR, expected - 2 * HOUR, looked) <= 5


def test_a_season_that_ended_is_looked_at_rarely_and_sooner_on_its_weekday() -> None:
    def wait(days: int) -> float:
        start = TUESDAYS[-1] + days * DAY - 2 * HOUR
        return (
            next_poll_time(
                start, TUESDAYS, patience=3, ceiling=DAY * 99, days_between_episodes=None
            )
            - start
        )

    assert wait(14) < wait(70) < wait(350)
    assert wait(70) < wait(72) / 2


def test_what_a_new_feed_says_of_itself_is_believed_until_we_know_better() -> None:
    def wait(says: float | None, times: Sequence[int]) -> float:
        start = MONDAY + 12 * HOUR
        return (
            next_poll_time(start, times, patience=3, ceiling=DAY * 99, days_between_episodes=says)
            - start
        )

    assert wait(1, []) < wait(None, []) < wait(30, [])
    assert wait(1, [MONDAY]) <= wait(None, [MONDAY])
    known = [MONDAY - n * 7 * DAY for n in range(20, -1, -1)]
    assert wait(1, known) == wait(30, known)


def test_more_patience_means_fewer_looks() -> None:
    start = DAILY[-1] + 16 * HOUR
    waits = [
        next_poll_time(start, DAILY, patience=patience, ceiling=CEILING, days_between_episodes=None)
        for patience in (1, 3, 6)
    ]
    assert waits == sorted(set(waits))


def test_the_same_date_again_and_again_is_one_time_that_is_known() -> None:
    assert looks([MONDAY], MONDAY + DAY, MONDAY + 2 * DAY)


@given(
    st.lists(st.integers(0, 40_000_000), max_size=32, unique=True),
    st.floats(0, 3_000_000),
    st.floats(0.1, 600),
    st.floats(10, 40_000),
    st.none() | st.floats(0.04, 400),
)
def test_the_next_look_is_after_now_and_not_after_the_ceiling(
    times: list[int], silence: float, patience: float, ceiling: float, says: float | None
) -> None:
    times = sorted(times)
    now = (times[-1] if times else MONDAY) + silence
    worth = next_poll_time(
        now, times, patience=patience, ceiling=ceiling, days_between_episodes=says
    )
    assert now < worth <= now + ceiling
