"""Fetches many URLs at once on one event loop, so that no host waits for another."""

import asyncio
from collections import deque
from urllib.parse import urlsplit

from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.values import BatchLimits, Fetched, FetchFailed, FetchLimits, FetchRequest

Outcome = Fetched | FetchFailed

# Answers that come close together are taken together: so long after the first, or so many.
TOGETHER_SECONDS = 0.02
ENOUGH = 100
ENOUGH_BYTES = 8_000_000


class Batch:
    """Fetches under way; their outcomes are taken as they come, failures as values.

    More can be asked at any time. At most ``limits.per_host`` run at once against one host, and
    ``concurrency`` against all. What does not fit beside the bodies that nobody has taken yet waits
    with its request. Everything happens within ``take`` and ``give_up``, which are to be awaited on
    one event loop; between two of them the answers wait in their sockets.
    """

    def __init__(self, fetching: FetchLimits, limits: BatchLimits) -> None:
        self._fetching = fetching
        self._limits = limits
        self._everywhere = asyncio.Semaphore(limits.concurrency)
        self._hosts: dict[str, asyncio.Semaphore] = {}
        self._waiting: list[tuple[int, FetchRequest]] = []
        self._running: dict[int, asyncio.Task[None]] = {}
        self._begun: set[int] = set()
        self._done: deque[tuple[int, Outcome]] = deque()
        self._held = 0
        self._some, self._enough, self._room = (
            asyncio.Event(),
            asyncio.Event(),
            asyncio.Event(),
        )

    def __len__(self) -> int:
        """How many were asked for whose outcomes were not taken yet."""
        return len(self._waiting) + len(self._running) + len(self._done)

    def ask(self, key: int, request: FetchRequest) -> None:
        """Fetch this too; its outcome comes under ``key``."""
        self._waiting.append((key, request))

    async def take(self, client: Client, within_seconds: float) -> list[tuple[int, Outcome]]:
        """The outcomes that are there, or come first; none, when none came in time."""
        self._begin(client)
        try:
            if not self._done and self._running:
                await _wait(self._some, within_seconds)
            if self._running:
                await _wait(self._enough, min(within_seconds, TOGETHER_SECONDS))
        except BaseException:
            await self._stop()
            raise
        return self._taken()

    async def give_up(self, _: Client) -> list[tuple[int, Outcome]]:
        """End what runs: ``timeout`` for what had begun, else ``not_attempted``; and all that is left.

        No failure of theirs, the latter are asked at their next turn.
        """
        left = [*self._running, *(key for key, _ in self._waiting)]
        self._waiting.clear()
        await self._stop()
        self._done.extend((key, _given_up(begun=key in self._begun)) for key in left)
        done, self._done = list(self._done), deque()
        return done

    def _begin(self, client: Client) -> None:
        for key, request in self._waiting:
            self._running[key] = asyncio.create_task(self._fetch(client, key, request))
        self._waiting.clear()
        self._signal()

    async def _fetch(self, client: Client, key: int, request: FetchRequest) -> None:
        # The host's place first: a slow host's waiting requests then hold nobody else's place.
        async with self._host(request.url), self._everywhere:
            await self._fits()
            self._begun.add(key)
            outcome: Outcome
            try:
                outcome = await fetch(client, request, self._fetching)
            except FetchFailed as failure:
                outcome = failure
            except Exception as error:  # noqa: BLE001  a bug must not stop the others
                outcome = FetchFailed("crashed", f"{type(error).__name__}: {error}")
        self._held += _size(outcome)
        del self._running[key]
        self._done.append((key, outcome))
        self._signal()

    def _host(self, url: str) -> asyncio.Semaphore:
        name = _host_name(url)
        if name not in self._hosts:
            self._hosts[name] = asyncio.Semaphore(self._limits.per_host)
        return self._hosts[name]

    async def _fits(self) -> None:
        while self._limits.max_bytes is not None and self._held >= self._limits.max_bytes:
            self._enough.set()
            self._room.clear()
            await self._room.wait()

    def _signal(self) -> None:
        """Wake who takes: at the first outcome, and when waiting longer would bring no more."""
        _set(self._some, bool(self._done))
        full = len(self._done) >= ENOUGH or self._held >= ENOUGH_BYTES
        _set(self._enough, full or not self._running)

    def _taken(self) -> list[tuple[int, Outcome]]:
        """Outcomes in the order of their arrival, as many as may be held beside what comes next."""
        taken: list[tuple[int, Outcome]] = []
        size = 0
        while self._done and len(taken) < ENOUGH and size < ENOUGH_BYTES:
            key, outcome = self._done.popleft()
            self._begun.discard(key)
            size += _size(outcome)
            taken.append((key, outcome))
        self._held -= size
        self._room.set()
        return taken

    async def _stop(self) -> None:
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._running.clear()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, or until the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return


def _set(event: asyncio.Event, on: bool) -> None:
    event.set() if on else event.clear()


def _size(outcome: Outcome) -> int:
    return len(outcome.body or b"") if isinstance(outcome, Fetched) else 0


def _given_up(*, begun: bool) -> FetchFailed:
    if begun:
        return FetchFailed("timeout", "the batch was over before the answer came")
    return FetchFailed("not_attempted", "the batch was over before its turn came")


def _host_name(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
