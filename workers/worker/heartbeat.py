"""Sends a worker its own pulse, through a queue that nobody else reads, and keeps its file.

Alive is not enough: a worker may answer pings while its pool hangs, or while it takes nothing from
the queues. A pulse goes the way of every task, from the broker through the consumer into a process
of the pool; what comes of it is the age of a file (docs/adr/0029-worker-health.md).
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
from kombu.exceptions import OperationalError

from tasks.telemetry.health_files import heartbeat_file
from tasks.telemetry.heartbeat import heartbeat_age, record_progress

PULSE_SECONDS = 15.0
# A pulse that nobody took for so long is sent again: the broker may have lost it.
LOST_SECONDS = 60.0

log = structlog.get_logger()


def own_queue(app: Celery, node: str) -> str:
    """Declare the queue of one worker's pulses, gone with the worker; its name."""
    queue = Queue(f"pulse.{node}", auto_delete=True)  # type: ignore[no-untyped-call]
    app.amqp.queues.add(queue)
    return str(queue.name)


class Heartbeat(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """The sending of a worker's pulse, by the timer of its own event loop.

    Not by a thread: the main process forks its pool whenever a process of it was killed, and a
    child would inherit whatever lock the thread holds at that moment, for ever.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._app: Celery = consumer.app
        self._node: str = consumer.hostname
        self._sent = 0.0
        self._timer: Any = None
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Begin with a pulse at once, and again after every reconnection."""
        self._sent = 0.0
        self._timer = consumer.timer.call_repeatedly(PULSE_SECONDS, self._beat)
        consumer.timer.call_after(0, self._beat)

    def stop(self, consumer: Any) -> None:
        """Send no more; the connection is gone, or the worker ends."""
        del consumer
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    shutdown = stop

    def _beat(self) -> None:
        waited = time.time() - self._sent
        if self._has_come_back() or not 0 <= waited < LOST_SECONDS:  # the clock may step
            self._sent = time.time()
            self._send()

    def _has_come_back(self) -> bool:
        age = heartbeat_age(self._node)
        return age is not None and time.time() - age >= self._sent

    def _send(self) -> None:
        """Send one; a broker that is away is said by everybody else."""
        with contextlib.suppress(OperationalError, OSError):
            self._app.send_task(
                "overheard.telemetry.heartbeat",
                queue=f"pulse.{self._node}",
                retry=False,
                expires=LOST_SECONDS,
            )


@contextlib.contextmanager
def heartbeat_running(app: Celery, node: str) -> Iterator[None]:
    """Keep the file of a worker's pulse, at first with the age of one that has done nothing yet.

    A worker that has ended has no pulse, unless another has taken its name meanwhile.
    """
    path = heartbeat_file(node)
    try:
        path.write_text(f"{os.getpid()}\n")
        os.utime(path, (0, 0))
    except OSError as error:  # the work must go on; the health check will tell
        log.warning("heartbeat_file_unwritable", path=str(path), message=str(error))
    app.steps["consumer"].add(Heartbeat)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text() == f"{os.getpid()}\n":
                path.unlink()


@task_postrun.connect
def _something_is_done(task: Task, **_: Any) -> None:
    """Every task that ends, in whichever way, is progress of its worker."""
    if node := task.request.hostname:
        record_progress(node)
