"""Lets a worker end: it takes nothing more, finishes for a while, gives back the rest, and is gone.

Celery's own soft shutdown sleeps its whole time in a signal handler, with the event loop standing:
what is finished meanwhile is not acknowledged, a process of the pool waits up to 30 s for its last
result to be read, and nothing bounds the whole. Here the event loop goes on, a worker that becomes
idle ends at once, and a thread bounds every step (docs/decisions/0036-how-a-worker-ends.md).
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import structlog
from celery.apps.worker import Worker as CeleryWorker
from celery.worker import state

# Seconds. After the soft shutdown, processes may give back what they are at, and then the worker
# may close its connections; whoever stops a worker leaves it more than all three together.
RETURNING_SECONDS, CLOSING_SECONDS = 8.0, 7.0
_LOOK_SECONDS = 0.1

log = structlog.get_logger()


class Leaving:
    """The end of one worker, from the first signal on, in a thread of its own."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._signals = 0
        self._closed = threading.Event()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Begin to leave; a second signal gives back at once what is not done."""
        self._signals += 1
        if self._signals == 1:
            # Not earlier: the pool is forked from this process (workers/worker/heartbeat.py).
            threading.Thread(target=self._leave, name="leaving", daemon=True).start()

    def _leave(self) -> None:
        self._in_loop(self._take_no_more)
        seconds = self._worker.app.conf.worker_soft_shutdown_timeout
        if _comes_about(self._is_idle_or_hurried, seconds) and not state.reserved_requests:
            state.should_stop = 0
        else:
            self._give_back()
            state.should_terminate = 0
        self._in_loop(lambda: None)  # it may be asleep
        time.sleep(CLOSING_SECONDS)
        self._force()

    def _is_idle_or_hurried(self) -> bool:
        return not state.reserved_requests or self._signals > 1

    def _give_back(self) -> None:
        """Interrupt what is at work; each process gives back its job or feeds, and ends."""
        self._in_loop(self._close_pool)
        self._closed.wait(1.0)  # a pool that is open would replace them
        for process in self._living():
            _send(process.pid, signal.SIGQUIT)
        _comes_about(lambda: not self._living(), RETURNING_SECONDS)
        for process in self._living():
            _send(process.pid, signal.SIGKILL)
        _comes_about(lambda: not self._living(), 1.0)

    def _force(self) -> None:
        """The worker hangs in its own end: the rows know what it had not done."""
        log.warning("worker_killed", worker=self._worker.hostname)
        for process in self._living():
            _send(process.pid, signal.SIGKILL)
        os._exit(1)

    def _living(self) -> list[Any]:
        pool = getattr(self._worker.pool, "_pool", None)
        processes = list(getattr(pool, "_pool", ()))
        return [one for one in processes if one._is_alive()]  # noqa: SLF001  billiard's own word

    def _in_loop(self, work: Callable[[], None]) -> None:
        if self._worker.hub is not None:
            self._worker.hub.call_soon(work)

    def _take_no_more(self) -> None:
        if (consuming := self._worker.consumer.task_consumer) is not None:
            consuming.cancel()

    def _close_pool(self) -> None:
        self._worker.pool.close()
        self._closed.set()


class Worker(CeleryWorker):  # type: ignore[misc]  # Celery ships no types
    """A worker that ends as above when it is asked to."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """Put our end in the place of Celery's, which it installs here."""
        super().install_platform_tweaks(worker)
        leaving = Leaving(worker)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, leaving.on_signal)


def _comes_about(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
