"""Fetches many URLs at once on one event loop, so that no host waits for another."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import urlsplit

from tasks.fetching.client import Client
from tasks.fetching.fetch import fetch
from tasks.fetching.values import BatchLimits, Fetched, FetchFailed, FetchLimits, FetchRequest

Outcome = Fetched | FetchFailed

_DEFAULT = BatchLimits()


async def fetch_many(
    client: Client,
    requests: Sequence[FetchRequest],
    limits: FetchLimits,
    batch: BatchLimits = _DEFAULT,
) -> list[Outcome]:
    """Fetch all of ``requests``; outcomes in their order, failures as values.

    At most ``batch.per_host`` run at once against one host, and ``concurrency`` against all. What
    has not ended after ``within_seconds`` is given up, ``timeout`` when it had begun and else
    ``not_asked``, so that a batch never outlives the task that it runs in; likewise what has not
    begun when ``max_bytes`` of bodies are held.
    """
    everywhere = asyncio.Semaphore(batch.concurrency)
    hosts: defaultdict[str, asyncio.Semaphore]
    hosts = defaultdict(lambda: asyncio.Semaphore(batch.per_host))
    begun: set[int] = set()
    held = 0

    async def one(index: int, request: FetchRequest) -> Outcome:
        nonlocal held
        # The host's place first: a slow host's waiting requests then hold nobody else's place.
        async with hosts[_host(request.url)], everywhere:
            if batch.max_bytes is not None and held >= batch.max_bytes:
                return _given_up(begun=False)
            begun.add(index)
            try:
                fetched = await fetch(client, request, limits)
            except FetchFailed as failure:
                return failure
            held += len(fetched.body or b"")
            return fetched

    running = [asyncio.create_task(one(i, request)) for i, request in enumerate(requests)]
    await _finish(running, batch.within_seconds)
    return [
        _given_up(begun=i in begun) if task.cancelled() else task.result()
        for i, task in enumerate(running)
    ]


async def _finish(running: Sequence[asyncio.Future[Outcome]], within_seconds: float | None) -> None:
    """Wait for all; cancel what is left at the end, also when this is itself cancelled."""
    try:
        if running:
            await asyncio.wait(running, timeout=within_seconds)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _given_up(*, begun: bool) -> FetchFailed:
    if begun:
        return FetchFailed("timeout", "the batch was over before the answer came")
    return FetchFailed("not_asked", "the batch was over before its turn came")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
