"""A worker's pulse: a task through its own queue and its own pool shows that work gets done."""

import contextlib
import os
from typing import Any

from celery import shared_task

from tasks.health_files import age_of, pulse_file


def progressed(node: str) -> None:
    """Note that this worker got something done; long tasks say so at each step of theirs."""
    with contextlib.suppress(OSError):  # the file is made by the worker, and is its own
        os.utime(pulse_file(node))


def pulse_age(node: str) -> float | None:
    """Seconds since the worker last got something done; None when it never has."""
    return age_of(pulse_file(node))


@shared_task(name="overheard.pulse", bind=True)
def pulse(self: Any) -> None:
    """Get something done."""
    progressed(self.request.hostname)
