"""The files whose age tells a health check when a process last got something done.

Nothing here but the settings is imported: a health check starts a Python every few seconds.
"""

import contextlib
import hashlib
import os
import tempfile
import time
from pathlib import Path

from models.settings import get_settings


def heartbeat_file(node: str) -> Path:
    """The file of a worker; of this user and this broker."""
    digest = _digest(node, size=8)
    return Path(tempfile.gettempdir()) / f"overheard-heartbeat-{os.getuid()}-{digest}"


def beat_file() -> Path:
    """The file of beat; of this user and this broker."""
    digest = _digest(size=6)
    default = Path(tempfile.gettempdir()) / f"overheard-beat-{os.getuid()}-{digest}"
    return get_settings().beat_file or default


def index_file(folder: Path) -> Path:
    """The file of the indexer, in the folder of its index."""
    return folder / "in-step"


def is_searchable(folder: Path) -> bool:
    """Whether an index was ever finished in this folder."""
    return (folder / "current").is_dir()


def touched(path: Path) -> None:
    """Note that something was done just now; the file is made if it is not there."""
    with contextlib.suppress(OSError):  # the work must go on; the health check will tell
        path.touch()


def age_of(path: Path) -> float | None:
    """Seconds since something was done; None when nothing ever was."""
    try:
        done = path.stat().st_mtime
    except OSError:
        return None
    return max(0.0, time.time() - done) if done > 0 else None


def _digest(*parts: str, size: int) -> str:
    settings = get_settings()
    broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
    whose = "\0".join((broker, settings.broker_prefix, *parts))
    return hashlib.blake2b(whose.encode(), digest_size=size).hexdigest()
