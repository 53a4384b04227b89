"""The event loop and the HTTP client that a worker process reuses between its tasks."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

from tasks.http.client import Client
from tasks.http.values import FetchFailed

T = TypeVar("T")
OpenClient = Callable[[], AbstractAsyncContextManager[Client]]


@dataclass(frozen=True, slots=True)
class _Open:
    runner: asyncio.Runner
    session: AbstractAsyncContextManager[Client]
    client: Client


class FetchLoop:
    """Runs asynchronous fetches from synchronous tasks, one at a time.

    A new loop and client for every task would cost three times as much as fetching one small file,
    plus a new TLS handshake; so each process reuses both.
    """

    def __init__(self, open_client: OpenClient) -> None:
        self._open_client = open_client
        # By process id: a forked child must neither use nor close the connections of its parent.
        self._open: dict[int, _Open] = {}

    def run(self, work: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Run ``work`` with this process's client; return its result or raise its exception.

        Opens the loop and the client at first use, and again after any exception but `FetchFailed`:
        a task's time limit is raised in the middle of the loop, which cannot be trusted afterwards.
        """
        opened = self._open.get(os.getpid()) or self._open_client_here()
        try:
            return opened.runner.run(work(opened.client))
        except FetchFailed:
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close this process's connections and loop, if they are open."""
        opened = self._open.pop(os.getpid(), None)
        if opened is None:
            return
        with opened.runner:
            opened.runner.run(_leave(opened.session))

    def _open_client_here(self) -> _Open:
        runner = asyncio.Runner()
        session = self._open_client()
        opened = _Open(runner, session, runner.run(_enter(session)))
        self._open[os.getpid()] = opened
        return opened


async def _enter(session: AbstractAsyncContextManager[Client]) -> Client:
    return await session.__aenter__()


async def _leave(session: AbstractAsyncContextManager[Client]) -> None:
    await session.__aexit__(None, None, None)
