"""The logs of workers and beat: ours instead of Celery's, with metrics of each event."""

import logging
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.signals import celeryd_after_setup, setup_logging
from structlog.contextvars import clear_contextvars

from workers.logging.configure import configure_logs
from workers.telemetry.span_events import record_span_event
from workers.worker.metrics_signals import record_event_metrics
from workers.worker.outages import OutageFilter


class SoftTimeLimitFilter(logging.Filter):
    """Leaves out Celery's line about a soft time limit, because the task logs that it was ended.

    Celery also says it of tasks that had ended before: it reads no results without a broker.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line stays in the log."""
        is_celery = record.name == "celery.worker.request" and isinstance(record.msg, str)
        return not (is_celery and record.msg.startswith("Soft time limit"))


def begin_service_logs(name: str) -> None:
    """Log as a process of the service: also to a file, and with a new id for each tick and task."""
    clear_contextvars()
    configure_worker_logs(file=name)


def configure_worker_logs(*, file: str = "") -> None:
    """Configure the logs of this process, also to its file, and count every event."""
    # Celery's advice against root is about pickled messages, and ours are JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    processors = [record_event_metrics, record_span_event]
    configure_logs(
        file=file, processors=processors, filters=[OutageFilter(), SoftTimeLimitFilter()]
    )


@setup_logging.connect
def _configure_instead_of_celery(**_: Any) -> None:
    """Celery calls this instead of setting up its own logs."""
    configure_worker_logs()


@celeryd_after_setup.connect
def _leave_out_advice(**_: Any) -> None:
    """Leave out what Celery warns of at each outage: a setting that we chose (celery_app.py).

    Only now, because Celery turns these warnings on after its logs are set up.
    """
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
