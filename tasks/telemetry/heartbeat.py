"""A worker's heartbeat: the age of its file tells when the worker last completed work."""

import contextlib
import os

from tasks.telemetry.health_files import age_of, heartbeat_file


def record_progress(node: str) -> None:
    """Record that this worker completed work; long tasks do so at each of their steps."""
    with contextlib.suppress(OSError):  # the worker made the file and owns it
        os.utime(heartbeat_file(node))


def heartbeat_age(node: str) -> float | None:
    """Seconds since the worker last completed work; None when it never has."""
    return age_of(heartbeat_file(node))
