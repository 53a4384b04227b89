"""Heartbeat of a worker: a task that it sends itself, and a file whose age shows progress.

A worker may answer pings while its pool hangs, or while it reads nothing from its queues. The
heartbeat task goes the way of every task, from the broker through the consumer into a process of
the pool, and updates the file (docs/adr/0029-worker-health.md).
"""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any

import structlog
from celery import Celery, Task, bootsteps
from celery.signals import task_postrun
from kombu.entity import Queue

from tasks.jobs.broker import BrokerUnavailable, broker_errors
from tasks.telemetry.health_files import heartbeat_file
from tasks.telemetry.heartbeat import heartbeat_age, record_progress

QUEUE_PREFIX = "heartbeat."
HEARTBEAT_SECONDS = 15.0
# A heartbeat that was not run for so long is sent again: the broker may have lost it.
LOST_SECONDS = 60.0

log = structlog.get_logger()


def own_queue(app: Celery, node: str) -> str:
    """Declare the queue of one worker's heartbeats, deleted with the worker; its name."""
    queue = Queue(f"{QUEUE_PREFIX}{node}", auto_delete=True)  # type: ignore[no-untyped-call]
    app.amqp.queues.add(queue)
    return str(queue.name)


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Sends the heartbeat by the timer of the worker's event loop.

    A thread would not do: the main process forks whenever a process of the pool was killed, and
    the child would inherit for ever any lock that the thread has at that moment.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._app: Celery = consumer.app
        self._node: str = consumer.hostname
        self._sent = 0.0
        self._timer: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Send a heartbeat at once, also after every reconnection."""
        self._sent = 0.0
        self._timer = consumer.timer.call_repeatedly(HEARTBEAT_SECONDS, self._beat)
        consumer.timer.call_after(0, self._beat)

    def stop(self, consumer: Any) -> None:
        """Send no more: the connection is lost, or the worker shuts down."""
        del consumer
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop

    def _beat(self) -> None:
        waited = time.time() - self._sent
        if self._has_run() or not 0 <= waited < LOST_SECONDS:  # the clock may step
            self._sent = time.time()
            self._send()

    def _has_run(self) -> bool:
        age = heartbeat_age(self._node)
        return age is not None and time.time() - age >= self._sent

    def _send(self) -> None:
        """Send a heartbeat; others report a broker that cannot be reached."""
        with contextlib.suppress(BrokerUnavailable), broker_errors():
            self._app.send_task(
                "overheard.telemetry.heartbeat",
                queue=f"{QUEUE_PREFIX}{self._node}",
                retry=False,
                expires=LOST_SECONDS,
            )


@contextlib.contextmanager
def heartbeat_running(app: Celery, node: str) -> Iterator[None]:
    """Provide a worker's heartbeat file for the block, at first with the age of no progress.

    The file is removed at the end, unless another worker of this name has replaced it.
    """
    path = heartbeat_file(node)
    try:
        path.write_text(f"{os.getpid()}\n")
        os.utime(path, (0, 0))
    except OSError as error:  # the worker must go on; the health check reports it
        log.warning("heartbeat_file_unwritable", path=str(path), message=str(error))
    app.steps["consumer"].add(Heartbeat)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text() == f"{os.getpid()}\n":
                path.unlink()


@task_postrun.connect
def _record_progress(task: Task, **_: Any) -> None:
    """Every task that ends, successfully or not, is progress of its worker."""
    if node := task.request.hostname:
        record_progress(node)
