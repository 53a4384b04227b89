"""Health files: their age tells a health check when a process last made progress.

Imports nothing but the settings: a health check starts a Python process every few seconds.
"""

import contextlib
import hashlib
import os
import socket
import tempfile
import time
from pathlib import Path

from models.settings import get_settings


def node_name(name: str) -> str:
    """Return the name of a worker of this host on the broker."""
    return f"{name}@{socket.gethostname()}"


def heartbeat_file(node: str) -> Path:
    """Return the path of a worker's heartbeat file, for this user and broker."""
    digest = _digest(node, size=8)
    return _folder() / f"overheard-heartbeat-{os.getuid()}-{digest}"


def beat_file() -> Path:
    """Return the path of beat's heartbeat file, for this user and broker."""
    digest = _digest(size=6)
    return _folder() / f"overheard-beat-{os.getuid()}-{digest}"


def _folder() -> Path:
    return get_settings().health_folder or Path(tempfile.gettempdir())


def index_file(folder: Path) -> Path:
    """Return the path of the indexer's heartbeat file, in the directory of its index."""
    return folder / "in-step"


def is_searchable(folder: Path) -> bool:
    """Return whether this directory has a finished index."""
    return (folder / "current").is_dir()


def touched(path: Path) -> None:
    """Record progress now; creates the file if needed."""
    with contextlib.suppress(OSError):  # the work must continue; the health check reports it
        path.touch()


def age_of(path: Path) -> float | None:
    """Return the seconds since the last progress; None when there was none."""
    try:
        modified = path.stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - modified) if modified > 0 else None


def _digest(*parts: str, size: int) -> str:
    settings = get_settings()
    broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
    identity = "\0".join((broker, settings.broker_prefix, *parts))
    return hashlib.blake2b(identity.encode(), digest_size=size).hexdigest()
