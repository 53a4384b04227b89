"""Celery's plain scheduler, leaving a sign of life that a health check can read."""

import contextlib
import time
from typing import Any

import structlog
from celery.beat import ScheduleEntry
from celery.beat import Scheduler as CeleryScheduler

from tasks.jobs.correlation import correlated, new_correlation_id
from tasks.jobs.publisher import queue_length
from tasks.telemetry.health_files import beat_file

log = structlog.get_logger()


# Ticks that wait above which no more are sent: a few do after a standstill what a thousand would.
WAITING_TICKS = 20


class Scheduler(CeleryScheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps the schedule in memory: ticks are short, and what is due is said by the rows."""

    def apply_async(self, entry: ScheduleEntry, **options: Any) -> Any:
        """Send a tick unless enough of them wait, then note that it was sent.

        All that follows from a tick bears its word.
        """
        result = None
        if queue_length(self.app, entry.options["queue"]) < WAITING_TICKS:
            with correlated(new_correlation_id("tick")):
                result = super().apply_async(entry, **options)
        path = beat_file()
        try:
            path.write_text(f"{time.time()}\n")
        except OSError as error:  # the ticks must go on; the health check will tell
            log.warning("beat_file_unwritable", path=str(path), message=str(error))
        return result

    def close(self) -> None:
        """End, and leave no sign of life behind."""
        super().close()
        with contextlib.suppress(OSError):
            beat_file().unlink()
