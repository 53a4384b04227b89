"""A worker's heartbeat file: its age tells when the worker last completed work."""

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from models import get_settings


def heartbeat_file(node: str) -> Path:
    """The file whose age tells when this worker last got work done; of this user and broker."""
    settings = get_settings()
    broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
    whose = "\0".join((broker, settings.broker_prefix, node))
    digest = hashlib.blake2b(whose.encode(), digest_size=8).hexdigest()
    return Path(tempfile.gettempdir()) / f"overheard-pulse-{os.getuid()}-{digest}"


def record_progress(node: str) -> None:
    """Note that this worker got something done; long tasks say so at each step of theirs."""
    with contextlib.suppress(OSError):  # the file is made by the worker, and is its own
        os.utime(heartbeat_file(node))


def heartbeat_age(node: str) -> float | None:
    """Seconds since the worker last got something done; None when it never has."""
    try:
        touched = heartbeat_file(node).stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - touched) if touched > 0 else None
