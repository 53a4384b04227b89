"""Records answered requests: those that come while some are written are the next batch."""

import asyncio
from collections import Counter

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool

from models.database import in_transaction
from models.database.errors import summarize_error
from tasks.plans.store.usage import MeteredRequest, record_requests

log = structlog.get_logger()


class _Batch:
    """Requests that are recorded together; ``numbers`` counts those of a holder in their month."""

    def __init__(self) -> None:
        self.requests: list[MeteredRequest] = []
        self.numbers: list[int | None] = []
        self.written = asyncio.Event()


class UseRecords:
    """The requests that this process has answered and not recorded yet."""

    def __init__(self) -> None:
        self._next = _Batch()
        self._last: dict[str, _Batch] = {}
        self._writing: asyncio.Task[None] | None = None

    async def record(self, request: MeteredRequest) -> int | None:
        """Record a request; return its number in the holder's month, None if that failed."""
        batch, place = self._next, len(self._next.requests)
        batch.requests.append(request)
        batch.numbers.append(None)
        self._last[request.holder] = batch
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await batch.written.wait()
        if self._last.get(request.holder) is batch:
            del self._last[request.holder]
        return batch.numbers[place]

    async def recorded(self, holder: str) -> None:
        """Wait until everything that this holder was answered is recorded."""
        if batch := self._last.get(holder):
            await batch.written.wait()

    async def _write(self) -> None:
        try:
            while self._next.requests:
                await self._write_next()
        finally:
            self._writing = None

    async def _write_next(self) -> None:
        batch, self._next = self._next, _Batch()
        try:
            batch.numbers = await run_in_threadpool(_recorded_numbers, batch.requests)
        except (DBAPIError, PoolTimeout) as error:  # not tried again: it may have been committed
            message = summarize_error(error)
            log.warning("usage_not_recorded", requests=len(batch.requests), message=message)
        finally:
            batch.written.set()


def _recorded_numbers(requests: list[MeteredRequest]) -> list[int | None]:
    """Record requests; each one's number in its month, as if recorded one after the other."""
    counted = Counter((each.holder, each.month) for each in requests)
    used = in_transaction(record_requests, requests)
    number = {(each.holder, each.month): each.requests for each in used}
    number = {key: total - counted[key] for key, total in number.items()}
    numbers: list[int | None] = []
    for each in requests:
        number[each.holder, each.month] += 1
        numbers.append(number[each.holder, each.month])
    return numbers
