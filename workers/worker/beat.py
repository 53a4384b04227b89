"""Beat's scheduler, which writes a heartbeat file for the health check."""

import contextlib
import signal
import time
from types import FrameType
from typing import Any

import structlog
from celery.apps.beat import Beat as CeleryBeat
from celery.beat import ScheduleEntry, Service
from celery.beat import Scheduler as CeleryScheduler

from tasks.jobs.broker import queue_length
from tasks.jobs.correlation import correlated, new_correlation_id
from tasks.telemetry.health_files import beat_file

log = structlog.get_logger()


# With so many tasks waiting, send no more: after an outage, a few do as much as a thousand.
MAX_WAITING = 20


class Beat(CeleryBeat):  # type: ignore[misc]  # as below
    """Beat without the tasks: it sends them by name, and 50 MB of imports stay out of memory."""

    def install_sync_handler(self, service: Service) -> None:
        """End at SIGTERM even if the exception of the handler is lost, as in a destructor."""

        def end(_number: int, _frame: FrameType | None) -> None:
            service.stop()
            raise SystemExit

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)

    def init_loader(self) -> None:
        """Finalize the app, and do not import its tasks."""
        self.app.finalize()


class Scheduler(CeleryScheduler):  # type: ignore[misc]  # Celery ships no types
    """A scheduler without a schedule file: tasks are short, and rows know what is due."""

    def apply_async(self, entry: ScheduleEntry, **options: Any) -> Any:
        """Send a scheduled task, unless enough are waiting, and write the heartbeat file.

        Everything that follows from the task has its correlation id.
        """
        result = None
        if queue_length(self.app, entry.options["queue"]) < MAX_WAITING:
            with correlated(new_correlation_id("tick")):
                result = super().apply_async(entry, **options)
        path = beat_file()
        try:
            path.write_text(f"{time.time()}\n")
        except OSError as error:  # tasks must go on; the health check reports it
            log.warning("beat_file_unwritable", path=str(path), message=str(error))
        return result

    def close(self) -> None:
        """Close, and remove the heartbeat file."""
        super().close()
        with contextlib.suppress(OSError):
            beat_file().unlink()
