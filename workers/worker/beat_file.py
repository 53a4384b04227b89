"""Beat's heartbeat file, apart from Celery: health checks read it every few seconds."""

import hashlib
import os
import tempfile
from pathlib import Path

from models.settings import get_settings


def beat_heartbeat_file() -> Path:
    """The file whose age tells when beat last sent a tick, for this user and this broker."""
    settings = get_settings()
    if settings.beat_file:
        return settings.beat_file
    broker = settings.broker_url.get_secret_value() if settings.broker_url else ""
    installation = hashlib.blake2b((broker + settings.broker_prefix).encode(), digest_size=6)
    name = f"overheard-beat-{os.getuid()}-{installation.hexdigest()}"
    return Path(tempfile.gettempdir()) / name
