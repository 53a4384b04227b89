"""Fetch many URLs at once on one event loop, so that no host waits for another."""

import asyncio
from collections import deque

from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.urls import host_of
from tasks.http.values import (
    BatchLimits,
    Fetched,
    FetchFailed,
    FetchLimits,
    FetchRequest,
    batch_ended,
)

Outcome = Fetched | FetchFailed

# Responses that arrive close together are returned together: within this time after the first, or
# up to this many, or this many bytes.
COALESCE_SECONDS = 0.02
MAX_OUTCOMES = 100
MAX_OUTCOME_BYTES = 8_000_000


class FetchBatch:
    """Fetches in flight; ``take`` returns their outcomes as they arrive, failures as values.

    Requests can be added at any time. At most ``limits.per_host`` run at once against one host, and
    ``limits.concurrency`` against all hosts. While the bodies that wait to be taken fill
    ``limits.max_bytes``, no request starts. All work happens within ``take`` and ``give_up``, which
    must be awaited on one event loop; between two calls the responses wait in their sockets.
    """

    def __init__(self, fetch_limits: FetchLimits, limits: BatchLimits) -> None:
        self._fetch_limits = fetch_limits
        self._limits = limits
        self._all_hosts = asyncio.Semaphore(limits.concurrency)
        self._by_host: dict[str, asyncio.Semaphore] = {}
        self._waiting: list[tuple[int, FetchRequest]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._started: set[int] = set()
        self._outcomes: deque[tuple[int, Outcome]] = deque()
        self._buffered_bytes = 0
        self._has_outcome, self._batch_full, self._has_space = (
            asyncio.Event(),
            asyncio.Event(),
            asyncio.Event(),
        )

    def __len__(self) -> int:
        """Return how many requests have no outcome taken yet."""
        return len(self._waiting) + len(self._running) + len(self._outcomes)

    def add(self, key: int, request: FetchRequest) -> None:
        """Add a request; ``take`` returns its outcome under ``key``."""
        self._waiting.append((key, request))

    async def take(self, client: Client, within_seconds: float) -> list[tuple[int, Outcome]]:
        """Return the next outcomes; an empty list when none arrived within the time."""
        self._start_waiting(client)
        try:
            if not self._outcomes and self._running:
                await _wait(self._has_outcome, within_seconds)
            if self._running:
                await _wait(self._batch_full, min(within_seconds, COALESCE_SECONDS))
        except BaseException:
            await self._cancel_running()
            raise
        return self._pop_outcomes()

    async def give_up(self, _: Client) -> list[tuple[int, Outcome]]:
        """Cancel what is in flight and return all outcomes that were not taken yet.

        A started request gets ``timeout``. A request that never started gets ``not_attempted``,
        which does not count as a failure of its server.
        """
        left = [*self._running, *(key for key, _ in self._waiting)]
        self._waiting.clear()
        await self._cancel_running()
        self._outcomes.extend((key, batch_ended(started=key in self._started)) for key in left)
        done, self._outcomes = list(self._outcomes), deque()
        return done

    def _start_waiting(self, client: Client) -> None:
        for key, request in self._waiting:
            self._running[key] = asyncio.create_task(self._fetch(client, key, request))
        self._waiting.clear()
        self._signal()

    async def _fetch(self, client: Client, key: int, request: FetchRequest) -> None:
        # The host's slot first: a request that waits for a slow host then occupies no other slot.
        async with self._host(request.url), self._all_hosts:
            await self._wait_for_space()
            self._started.add(key)
            outcome: Outcome
            try:
                outcome = await fetch(client, request, self._fetch_limits)
            except FetchFailed as failure:
                outcome = failure
            except Exception as error:  # noqa: BLE001  a bug must not stop the others
                outcome = FetchFailed("crashed", f"{type(error).__name__}: {error}")
        self._buffered_bytes += _size(outcome)
        del self._running[key]
        self._outcomes.append((key, outcome))
        self._signal()

    def _host(self, url: str) -> asyncio.Semaphore:
        name = host_of(url)
        if name not in self._by_host:
            self._by_host[name] = asyncio.Semaphore(self._limits.per_host)
        return self._by_host[name]

    async def _wait_for_space(self) -> None:
        while self._limits.max_bytes is not None and self._buffered_bytes >= self._limits.max_bytes:
            self._batch_full.set()
            self._has_space.clear()
            await self._has_space.wait()

    def _signal(self) -> None:
        """Wake ``take`` at the first outcome, and when waiting longer would bring no more."""
        _set_event(self._has_outcome, bool(self._outcomes))
        full = len(self._outcomes) >= MAX_OUTCOMES or self._buffered_bytes >= MAX_OUTCOME_BYTES
        _set_event(self._batch_full, full or not self._running)

    def _pop_outcomes(self) -> list[tuple[int, Outcome]]:
        """Remove and return outcomes in order of arrival, up to the limits of one ``take``."""
        taken: list[tuple[int, Outcome]] = []
        size = 0
        while self._outcomes and len(taken) < MAX_OUTCOMES and size < MAX_OUTCOME_BYTES:
            key, outcome = self._outcomes.popleft()
            self._started.discard(key)
            size += _size(outcome)
            taken.append((key, outcome))
        self._buffered_bytes -= size
        self._has_space.set()
        return taken

    async def _cancel_running(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event for at most this many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _set_event(event: asyncio.Event, on: bool) -> None:
    event.set() if on else event.clear()


def _size(outcome: Outcome) -> int:
    return len(outcome.body or b"") if isinstance(outcome, Fetched) else 0
