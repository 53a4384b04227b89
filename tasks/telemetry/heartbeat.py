"""The heartbeat of a worker: the age of its file tells when it last made progress."""

import contextlib
import os

from tasks.telemetry.health_files import age_of, heartbeat_file


def record_progress(node: str) -> None:
    """Touch the heartbeat file: the worker made progress. Long tasks call it at each step."""
    with contextlib.suppress(OSError):  # the worker creates the file and owns it
        os.utime(heartbeat_file(node))


def heartbeat_age(node: str) -> float | None:
    """Return the seconds since the worker last made progress; None when it never has."""
    return age_of(heartbeat_file(node))
