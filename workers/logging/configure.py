"""One log line for each outcome, in one form for our own code, Celery and the libraries."""

import logging
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

import structlog
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging
from structlog.typing import EventDict, Processor

from models import Settings, get_settings
from tasks.http.redaction import scrub
from workers.logging.files import ProcessLogFile
from workers.worker.metrics_signals import record_event_metrics

# The keys that say what a line is about come first, in the same order everywhere.
KEY_ORDER = (
    "timestamp",
    "level",
    "event",
    "podcast_id",
    "episode_id",
    "job_id",
    "task_id",
    "correlation_id",
    "host",
    "took_ms",
    "reason",
)

# Libraries whose information is noise to an operator; their warnings are not.
_QUIET = (
    "alembic",
    "httpx",
    "httpcore",
    "asyncio",
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "kombu",
    "amqp",
    "uvicorn",
)


_HOST = socket.gethostname()

# The name of this process's own log file; "" for a command, which has none.
_file_name = ""


def configure_logs(settings: Settings | None = None, *, least: str = "", file: str = "") -> None:
    """Send everything that is logged in this process to stderr, in the form of the settings.

    ``least`` is the least level for a command that says its results itself; a level that is set
    in the environment goes before it. A part of the service names its ``file``: its lines also
    go there, where the settings have a folder for it.
    """
    global _file_name  # noqa: PLW0603  Celery asks for the configuration again, without arguments
    _file_name = file or _file_name
    settings = settings or get_settings()
    set_by_hand = "log_level" in settings.model_fields_set
    level = settings.log_level if set_by_hand or not least else least
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_host,
        _leave_out_empty,
        _hide_secrets,
    ]
    structlog.configure(
        processors=[
            *shared,
            record_event_metrics,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setFormatter(_formatter(shared, settings.log_format))
    if _file_name and (folder := log_folder(settings)) and settings.log_files_bytes:
        handlers.append(ProcessLogFile(folder, _file_name, settings.log_files_bytes))
        handlers[1].setFormatter(_formatter(shared, "json"))
    logging.captureWarnings(True)
    # Celery's advice against root is about pickled messages, and ours are JSON.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    root = logging.getLogger()
    for old in root.handlers:
        old.close()
    root.handlers = handlers
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_folder(settings: Settings) -> Path | None:
    """Where the processes of the service keep their log files, if the settings say where."""
    if settings.log_dir is not None:
        return settings.log_dir
    return settings.data / "logs" if settings.data is not None else None


def _formatter(shared: list[Processor], log_format: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_name_foreign_event, *shared],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _one_line_exception,
            renderer(log_format),
        ],
    )


def renderer(log_format: str) -> Processor:
    """What makes a line of an event: an object, or keys and values in the order of the keys."""
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.processors.LogfmtRenderer(
        key_order=KEY_ORDER, drop_missing=True, bool_as_flag=False
    )


def _add_host(_: Any, __: str, event: EventDict) -> EventDict:
    event["host"] = _HOST
    return event


def _leave_out_empty(_: Any, __: str, event: EventDict) -> EventDict:
    """A key is in a line if it says something; 0 and false do."""
    return {key: value for key, value in event.items() if value is not None and value != ""}


def _name_foreign_event(_: Any, __: str, event: EventDict) -> EventDict:
    """A line of a library becomes the event ``library``, with its text as the message."""
    record: logging.LogRecord | None = event.get("_record")
    event["logger"] = record.name if record else "unknown"
    event["message"] = event["event"]
    event["event"] = "library"
    return event


def _hide_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """No URL leaves with its password or token, whoever logged it."""
    for key, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[key] = scrub(value)
    return event


def _one_line_exception(logger: Any, name: str, event: EventDict) -> EventDict:
    """A traceback becomes a field of its line, so that a line stays one outcome."""
    if not event.get("exc_info"):
        event.pop("exc_info", None)
        return event
    event = structlog.processors.format_exc_info(logger, name, event)
    event["exception"] = scrub(str(event["exception"]))
    return event


@setup_logging.connect
def _configure_worker_logs(**_: Any) -> None:
    """Celery asks this instead of setting up its own logs."""
    configure_logs()
