"""The event loop and the client that a worker process keeps between its tasks."""

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
    """Runs asynchronous fetching from synchronous tasks, one at a time.

    A loop and a client for every task cost three times as much as fetching one small file does, and
    begin each time with a handshake; so a process keeps both.
    """

    def __init__(self, open_client: OpenClient) -> None:
        self._open_client = open_client
        # By process: what a fork inherits is its parent's, to be neither used nor closed.
        self._open: dict[int, _Open] = {}

    def run(self, work: Callable[[Client], Coroutine[Any, Any, T]]) -> T:
        """Run ``work`` with this process's client; returns or raises what it does.

        Opens loop and client when first used, and anew after anything but a result or `FetchFailed`
        came out: a task's time limit is raised amid the loop, which is not trusted afterwards.
        """
        opened = self._open.get(os.getpid()) or self._opened()
        try:
            return opened.runner.run(work(opened.client))
        except FetchFailed:
            raise
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close this process's connections and loop, if there are any."""
        opened = self._open.pop(os.getpid(), None)
        if opened is None:
            return
        with opened.runner:
            opened.runner.run(_leave(opened.session))

    def _opened(self) -> _Open:
        runner = asyncio.Runner()
        session = self._open_client()
        opened = _Open(runner, session, runner.run(_enter(session)))
        self._open[os.getpid()] = opened
        return opened


async def _enter(session: AbstractAsyncContextManager[Client]) -> Client:
    return await session.__aenter__()


async def _leave(session: AbstractAsyncContextManager[Client]) -> None:
    await session.__aexit__(None, None, None)
