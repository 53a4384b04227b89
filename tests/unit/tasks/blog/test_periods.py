"""Weeks, months and years, and their names."""

from datetime import date

import pytest

from models import IssuePeriod
from tasks.blog.periods import complete_periods, period_of, period_of_name


@pytest.mark.parametrize(
    ("name", "begins", "ends"),
    [
        ("2026-w48", date(2026, 11, 23), date(2026, 11, 29)),
        ("2026-w01", date(2025, 12, 29), date(2026, 1, 4)),
        ("2020-w53", date(2020, 12, 28), date(2021, 1, 3)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    ],
)
def test_period_of_a_name_has_its_first_and_last_day(name: str, begins: date, ends: date) -> None:
    period = period_of_name(name)
    assert period is not None
    assert (period.name, period.begins_on, period.ends_on) == (name, begins, ends)
    assert period_of(period.kind, begins) == period_of(period.kind, ends) == period
    assert period.before.ends_on < begins


@pytest.mark.parametrize("name", ["2026-w54", "2021-w53", "2026-13", "0000", "2026-w00", "x", ""])
def test_name_of_no_period_is_none(name: str) -> None:
    assert period_of_name(name) is None


def test_complete_periods_are_over_and_without_a_gap() -> None:
    today = date(2026, 3, 2)
    found = list(complete_periods(date(2025, 12, 30), today))
    weeks = [each.name for each in found if each.kind is IssuePeriod.week]
    assert weeks == [f"2026-w{week:02}" for week in range(1, 10)]
    assert [each.name for each in found if each.kind is IssuePeriod.month] == [
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert [each.name for each in found if each.kind is IssuePeriod.year] == ["2025"]
    assert all(each.ends_on < today for each in found)
