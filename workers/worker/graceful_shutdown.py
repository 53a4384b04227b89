"""Graceful shutdown of a worker: stop consuming, finish tasks, release the rest, exit.

Celery's own soft shutdown sleeps its whole time in a signal handler, which blocks the event loop:
finished tasks are not acknowledged, a process of the pool waits up to 30 s until its last result
is read, and the whole has no time limit. Here the event loop goes on, an idle worker exits at once,
and a thread limits every step (docs/adr/0036-worker-shutdown.md).
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

# Seconds. After the soft shutdown, processes may release their jobs, and then the worker may close
# its connections. A supervisor has to allow more than all three together.
RELEASE_SECONDS, CLOSE_SECONDS = 8.0, 7.0
_CHECK_SECONDS = 0.1

log = structlog.get_logger()


class GracefulShutdown:
    """The shutdown of one worker, from the first signal on, in its own thread."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._signals = 0
        self._closed = threading.Event()

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Start the shutdown; a second signal releases unfinished jobs at once."""
        self._signals += 1
        if self._signals == 1:
            # No thread before: the pool is forked from this process (workers/worker/heartbeat.py).
            threading.Thread(target=self._shut_down, name="shutdown", daemon=True).start()

    def _shut_down(self) -> None:
        self._in_loop(self._stop_consuming)
        seconds = self._worker.app.conf.worker_soft_shutdown_timeout
        if _wait_until(self._is_idle_or_urgent, seconds) and not state.reserved_requests:
            state.should_stop = 0
        else:
            self._release_jobs()
            state.should_terminate = 0
        self._in_loop(lambda: None)  # wake it up
        time.sleep(CLOSE_SECONDS)
        self._kill()

    def _is_idle_or_urgent(self) -> bool:
        return not state.reserved_requests or self._signals > 1

    def _release_jobs(self) -> None:
        """Interrupt running tasks; each process releases its job or feeds, and exits."""
        self._in_loop(self._close_pool)
        self._closed.wait(1.0)  # an open pool would replace the processes
        for process in self._live_processes():
            _send(process.pid, signal.SIGQUIT)
        _wait_until(lambda: not self._live_processes(), RELEASE_SECONDS)
        for process in self._live_processes():
            _send(process.pid, signal.SIGKILL)
        _wait_until(lambda: not self._live_processes(), 1.0)

    def _kill(self) -> None:
        """Kill a worker that hangs while it closes: the rows show what was not done."""
        log.warning("worker_killed", worker=self._worker.hostname)
        for process in self._live_processes():
            _send(process.pid, signal.SIGKILL)
        os._exit(1)

    def _live_processes(self) -> list[Any]:
        pool = getattr(self._worker.pool, "_pool", None)
        processes = list(getattr(pool, "_pool", ()))
        return [p for p in processes if p._is_alive()]  # noqa: SLF001  billiard has no public method

    def _in_loop(self, work: Callable[[], None]) -> None:
        if self._worker.hub is not None:
            self._worker.hub.call_soon(work)

    def _stop_consuming(self) -> None:
        if (consumer := self._worker.consumer.task_consumer) is not None:
            consumer.cancel()

    def _close_pool(self) -> None:
        self._worker.pool.close()
        self._closed.set()


class Worker(CeleryWorker):  # type: ignore[misc]  # Celery ships no types
    """A Celery worker with our graceful shutdown."""

    def install_platform_tweaks(self, worker: Any) -> None:
        """Replace the signal handlers that Celery installs here."""
        super().install_platform_tweaks(worker)
        shutdown = GracefulShutdown(worker)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, shutdown.on_signal)


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_CHECK_SECONDS)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
