"""The log of metered use is purged, and every figure that is made of it stays what it was."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest

from models import get_settings
from models.database import database_time, in_transaction
from tasks.plans.purge import purge_old_use
from tasks.plans.store.usage import (
    BillingRow,
    DayUse,
    MeteredRequest,
    billing,
    purge_usage_log,
    record_requests,
    usage_differences,
    use_by_day,
)
from tests.factories import execute, one

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
BEFORE = datetime(2026, 11, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Figures:
    """Everything that is made of the log."""

    days: list[DayUse]
    bills: list[BillingRow]
    differences: list[object]


def figures() -> Figures:
    bills = [row for month in (OCTOBER, NOVEMBER) for row in in_transaction(billing, month)]
    days = in_transaction(use_by_day, "key:1", OCTOBER)
    return Figures(days, bills, list(in_transaction(usage_differences)))


@pytest.fixture
def used(database: str) -> Figures:
    """Requests of two holders: two an hour over four days, across the end of a month."""
    del database
    begin = datetime(2026, 10, 30, tzinfo=UTC)
    moments = [begin + timedelta(minutes=30 * number) for number in range(192)]
    for holder in ("key:1", "account:2"):
        requests = [MeteredRequest(holder, "abc", "/people", moment) for moment in moments]
        in_transaction(record_requests, requests)
    return figures()


def test_purged_log_leaves_every_figure_as_it_was(used: Figures) -> None:
    assert len(used.days) == 4
    assert used.differences == []
    purged = 0
    while count := in_transaction(purge_usage_log, BEFORE, 50):
        purged += count
        assert figures() == used  # in every committed state
    assert purged == 2 * 144
    assert one("SELECT count(*) FROM usage_log") == 2 * 48
    assert one("SELECT count(*) FROM usage_day") == 2 * 3


def test_requests_after_a_purge_are_added_to_it(used: Figures) -> None:
    in_transaction(purge_usage_log, BEFORE)
    late = MeteredRequest("key:1", "abc", "/people", datetime(2026, 11, 1, 5, tzinfo=UTC))
    in_transaction(record_requests, [late])
    in_transaction(purge_usage_log, BEFORE)
    assert [row.requests for row in figures().days] == [48, 48, 49, 48]
    assert figures().differences == []
    assert len(figures().bills) == len(used.bills)


def test_edited_sum_of_a_day_is_a_difference(used: Figures) -> None:
    assert used.differences == []
    in_transaction(purge_usage_log, BEFORE)
    execute("UPDATE usage_day SET requests = requests + 1 WHERE holder = 'key:1'")
    assert len(figures().differences) == 2


@pytest.mark.parametrize(("days", "left"), [("30", 1), ("0", 3)])
def test_purge_keeps_the_days_of_the_setting(
    database: str, monkeypatch: pytest.MonkeyPatch, days: str, left: int
) -> None:
    del database
    now = in_transaction(database_time)
    ages = (timedelta(days=31), timedelta(days=400), timedelta(days=29))
    requests = [MeteredRequest("key:1", "abc", "/people", now - age) for age in ages]
    in_transaction(record_requests, requests)
    monkeypatch.setenv("OVERHEARD_USAGE_LOG_DAYS", days)
    get_settings.cache_clear()
    assert purge_old_use() == 3 - left
    assert one("SELECT count(*) FROM usage_log") == left
    assert in_transaction(usage_differences) == []
