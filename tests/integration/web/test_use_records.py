"""Recording answered requests: in batches, exactly, before the same holder's next response."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from models.database import engine, in_transaction
from tasks.plans.store.usage import MeteredRequest, usage_differences
from tests.factories import one, until_a_statement_waits_for_a_lock
from web.api.use_records import UseRecords

HOLDER = "key:1"


def request(holder: str = HOLDER, operation: str = "/people") -> MeteredRequest:
    return MeteredRequest(holder, "abc", operation, datetime(2026, 11, 30, tzinfo=UTC))


async def _record_while_locked() -> list[int | None]:
    """Record one request, four more while it is written, and a holder's wait for them."""
    records = UseRecords()
    with engine().begin() as blocking:
        blocking.execute(text("LOCK TABLE usage_counter IN EXCLUSIVE MODE"))
        first = asyncio.create_task(records.record(request()))
        await asyncio.to_thread(until_a_statement_waits_for_a_lock)
        more = [asyncio.create_task(records.record(request())) for _ in range(4)]
        await asyncio.sleep(0)
        mine = asyncio.create_task(records.recorded(HOLDER))
        await records.recorded("key:2")  # others do not wait
        assert not any(task.done() for task in (first, *more, mine))
    await mine
    return list(await asyncio.gather(first, *more))


def test_requests_that_wait_are_one_batch(database: str) -> None:
    del database
    assert asyncio.run(_record_while_locked()) == [1, 2, 3, 4, 5]
    assert one("SELECT count(DISTINCT xmin::text) FROM usage_log") == 2
    assert in_transaction(usage_differences) == []


async def _record(*requests: MeteredRequest) -> list[int | None]:
    records = UseRecords()
    return list(await asyncio.gather(*map(records.record, requests)))


def test_each_request_has_its_number_in_the_month(database: str) -> None:
    del database
    holders = (HOLDER, "key:2", HOLDER, HOLDER)
    assert asyncio.run(_record(*map(request, holders))) == [1, 1, 2, 3]
    assert asyncio.run(_record(request())) == [4]


async def _record_after_a_failure() -> list[int | None]:
    records = UseRecords()
    failed = await records.record(request(operation="\0"))  # PostgreSQL has no text with it
    return [failed, await records.record(request())]


def test_request_after_a_failed_one_is_recorded(
    database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    del database
    assert asyncio.run(_record_after_a_failure()) == [None, 1]
    assert "usage_not_recorded" in capsys.readouterr().out
