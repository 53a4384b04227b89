"""Audio is transcribed within the hours and up to the amount that an operator set."""

from datetime import UTC, datetime

import pytest

from tasks.jobs.values import JobPostponed
from tasks.speech.budget import check_budget

HOUR_MS = 3_600_000


def at(hour: int) -> datetime:
    return datetime(2026, 3, 1, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize("hour", [22, 23, 0, 5])
def test_night_over_midnight_allows_its_hours(hour: int) -> None:
    check_budget(at(hour), (22, 6), 0, 0)


@pytest.mark.parametrize(("hour", "seconds"), [(6, 3_600), (12, 3_600), (21, 1_800)])
def test_day_postpones_until_the_night_or_an_hour(hour: int, seconds: float) -> None:
    with pytest.raises(JobPostponed) as postponed:
        check_budget(at(hour), (22, 6), 0, 0)
    assert (postponed.value.reason, postponed.value.seconds) == ("night_only", seconds)


def test_equal_hours_allow_any_time() -> None:
    check_budget(at(12), (0, 0), 0, 99 * HOUR_MS)


def test_used_up_day_postpones_and_less_does_not() -> None:
    check_budget(at(12), (0, 0), 2, 2 * HOUR_MS - 1)
    with pytest.raises(JobPostponed) as postponed:
        check_budget(at(12), (0, 0), 2, 2 * HOUR_MS)
    assert postponed.value.reason == "daily_hours_used"
