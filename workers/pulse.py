"""Sends a worker its own pulse, through a queue that nobody else reads, and keeps its file.

Alive is not enough: a worker may answer pings while its pool hangs, or while it takes nothing from
the queues. A pulse goes the way of every task, from the broker through the consumer into a process
of the pool; what comes of it is the age of a file (docs/decisions/0030-health-by-progress.md).
"""

import contextlib
import os
import threading
import time
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import task_postrun
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from tasks.pulse import progressed, pulse_age, pulse_file

PULSE_SECONDS = 15.0
# A pulse waits while every process of the pool is at work: until the hard limit of a task, and
# until the next pulse.
UNHEALTHY_SECONDS = 200.0
# A pulse that nobody took for so long is sent again: the broker may have lost it.
LOST_SECONDS = 60.0

log = structlog.get_logger()


def own_queue(app: Celery, node: str) -> str:
    """Declare the queue of one worker's pulses, gone with the worker; its name."""
    queue = Queue(f"pulse.{node}", auto_delete=True)  # type: ignore[no-untyped-call]
    app.amqp.queues.add(queue)
    return str(queue.name)


class Pulse:
    """One worker's pulse, from a thread of its main process; a context manager."""

    def __init__(self, app: Celery, node: str) -> None:
        self._app = app
        self._node = node
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_sending, name="pulse", daemon=True)

    def __enter__(self) -> "Pulse":
        """Make the file, at first with the age of a worker that has done nothing yet."""
        path = pulse_file(self._node)
        try:
            path.write_text(f"{os.getpid()}\n")
            os.utime(path, (0, 0))
        except OSError as error:  # the work must go on; the health check will tell
            log.warning("pulse_file_unwritable", path=str(path), message=str(error))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Send no more; a worker that has ended has no pulse."""
        self._ended.set()
        with contextlib.suppress(OSError):
            pulse_file(self._node).unlink()

    def _keep_sending(self) -> None:
        sent = 0.0
        while not self._ended.is_set():
            waited = time.time() - sent
            if self._has_come_back(sent) or not 0 <= waited < LOST_SECONDS:  # the clock may step
                sent = time.time()
                self._send()
            self._ended.wait(PULSE_SECONDS)

    def _has_come_back(self, sent: float) -> bool:
        age = pulse_age(self._node)
        return age is not None and time.time() - age >= sent

    def _send(self) -> None:
        """Send one; a broker that is away is said by everybody else."""
        with contextlib.suppress(OperationalError, OSError):
            self._app.send_task(
                "overheard.pulse", queue=own_queue(self._app, self._node), retry=False,
                expires=LOST_SECONDS,
            )  # fmt: skip


def living(node: str) -> bool:
    """Whether the process that made the pulse's file is there, on this host or container."""
    try:
        pid = int(pulse_file(node).read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return False
    return True


@task_postrun.connect
def _something_is_done(task: Task, **_: Any) -> None:
    """Every task that ends, in whichever way, is progress of its worker."""
    if node := task.request.hostname:
        progressed(node)
