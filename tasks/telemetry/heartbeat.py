"""The heartbeat file of a worker: its age tells when the worker last completed a task."""

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from models import get_settings


def heartbeat_file(node: str) -> Path:
    """Return the path of a worker's heartbeat file, for this user and broker."""
    settings = get_settings()
    broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
    identity = "\0".join((broker, settings.broker_prefix, node))
    digest = hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"overheard-heartbeat-{os.getuid()}-{digest}"


def record_progress(node: str) -> None:
    """Touch the heartbeat file: the worker made progress. Long tasks call it at each step."""
    with contextlib.suppress(OSError):  # the worker creates the file, and only its user owns it
        os.utime(heartbeat_file(node))


def heartbeat_age(node: str) -> float | None:
    """Return the seconds since the worker last made progress; None when it never has."""
    try:
        touched = heartbeat_file(node).stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - touched) if touched > 0 else None
