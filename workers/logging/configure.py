"""Logging configuration: one format for our own code, Celery and libraries."""

import logging
import os
import shutil
import socket
import sys
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from models.settings import Settings, get_settings
from tasks.http.redaction import scrub
from workers.logging.files import ProcessLogFile
from workers.logging.folder import log_folder
from workers.logging.terminal import terminal_renderer

# These keys come first, in the same order in every line.
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

# Libraries of which only warnings matter to an operator.
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


# Longer messages are truncated.
MESSAGE_LENGTH = 300

_HOST = socket.gethostname()

# The name of this process's log file; "" for a command, which has none.
_file_name = ""


def configure_logs(
    settings: Settings | None = None,
    *,
    least: str = "",
    file: str = "",
    processors: Sequence[Processor] = (),
    filters: Sequence[logging.Filter] = (),
) -> None:
    """Log to standard error, in the configured format, and to a file if one is named.

    ``least`` is the minimum level for a command that prints its own results; a configured level
    overrides it. Processes of the service name their ``file``, which is written if there is a
    log directory. ``processors`` are given each event of our own, ``filters`` each line.
    """
    global _file_name  # noqa: PLW0603  Celery calls this again, without arguments
    _file_name = file or _file_name
    settings = settings or get_settings()
    is_configured = "log_level" in settings.model_fields_set
    level = settings.log_level if is_configured or not least else least
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_host,
        _omit_empty,
        _hide_secrets,
        _shorten_message,
    ]
    structlog.configure(
        processors=[
            *shared,
            *processors,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)
    root = logging.getLogger()
    for old in root.handlers:
        old.close()
    root.handlers = _handlers(shared, settings)
    for handler in root.handlers:
        for each in filters:
            handler.addFilter(each)
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _handlers(shared: list[Processor], settings: Settings) -> list[logging.Handler]:
    """Standard error, and this process's log file if it has one."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setFormatter(_formatter(shared, settings.log_format))
    if _file_name and (folder := log_folder(settings)) and settings.log_files_bytes:
        handlers.append(ProcessLogFile(folder, _file_name, settings.log_files_bytes))
        handlers[1].setFormatter(_formatter(shared, "json"))
    return handlers


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
    """The renderer of log lines: JSON, logfmt with keys in order, or that for a terminal."""
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    if log_format == "terminal":
        width, coloured = shutil.get_terminal_size().columns, "NO_COLOR" not in os.environ
        return terminal_renderer(width, KEY_ORDER, coloured=coloured)
    return structlog.processors.LogfmtRenderer(
        key_order=KEY_ORDER, drop_missing=True, bool_as_flag=False
    )


def _add_host(_: Any, __: str, event: EventDict) -> EventDict:
    event["host"] = _HOST
    return event


def _omit_empty(_: Any, __: str, event: EventDict) -> EventDict:
    """Omit keys without a value; 0 and false are values."""
    return {key: value for key, value in event.items() if value is not None and value != ""}


def _name_foreign_event(_: Any, __: str, event: EventDict) -> EventDict:
    """Turn a library's line into the event ``library``, with its text as the message."""
    record: logging.LogRecord | None = event.get("_record")
    event["logger"] = record.name if record else "unknown"
    event["message"] = event["event"]
    event["event"] = "library"
    return event


def _hide_secrets(_: Any, __: str, event: EventDict) -> EventDict:
    """Remove passwords and tokens from URLs in every value."""
    for key, value in event.items():
        if isinstance(value, str) and "://" in value:
            event[key] = scrub(value)
    return event


def _shorten_message(_: Any, __: str, event: EventDict) -> EventDict:
    """Truncate long messages: beat logs a whole stack at each retry while the broker is down.

    Exceptions have their own field, and are not truncated.
    """
    message = event.get("message")
    if isinstance(message, str) and len(message) > MESSAGE_LENGTH:
        event["message"] = f"{message[:MESSAGE_LENGTH]}…"
    return event


def _one_line_exception(logger: Any, name: str, event: EventDict) -> EventDict:
    """Put a traceback into a field, so that each event stays one line."""
    if not event.get("exc_info"):
        event.pop("exc_info", None)
        return event
    event = structlog.processors.format_exc_info(logger, name, event)
    event["exception"] = scrub(str(event["exception"]))
    return event
