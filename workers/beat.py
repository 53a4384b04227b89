"""Celery's plain scheduler, leaving a sign of life that a health check can read."""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from celery.beat import ScheduleEntry
from celery.beat import Scheduler as CeleryScheduler


def sign_of_life() -> Path:
    """The file whose age tells when beat last sent a tick."""
    return Path(os.environ.get("OVERHEARD_BEAT_FILE", tempfile.gettempdir() + "/overheard-beat"))


class Scheduler(CeleryScheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps the schedule in memory: ticks are short, and what is due is said by the rows."""

    def apply_async(self, entry: ScheduleEntry, **options: Any) -> Any:
        """Send a tick, then note that it was sent."""
        result = super().apply_async(entry, **options)
        sign_of_life().write_text(f"{time.time()}\n")
        return result
