"""Error reports to Sentry: what failed and where, by names, numbers and ids of our own.

An allowlist makes each report: the type of the exception, its stack without variables, the event
and its ids. Messages of exceptions have names, texts and URLs in them, and stay in the log, where
the correlation id finds them.
"""

import logging
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import event_from_exception

from models.tls import authorities

FLUSH_SECONDS = 2.0

# Keys of log events that become tags.
_TAGS = (
    "correlation_id",
    "podcast_id",
    "episode_id",
    "job_id",
    "task_id",
    "reason",
    "server",
)
_EVENT_KEYS = frozenset(
    {
        *("event_id", "timestamp", "level", "logger", "message", "platform", "release"),
        *("environment", "server_name", "sdk", "tags", "contexts", "exception"),
    }
)
_EXCEPTION_KEYS = frozenset({"type", "module", "stacktrace", "mechanism"})
_FRAME_KEYS = frozenset(
    {
        *("filename", "abs_path", "function", "module", "lineno", "in_app"),
        *("pre_context", "context_line", "post_context"),
    }
)


def begin_error_reports(dsn: str) -> Callable[[], None]:
    """Report the errors of this process from now on; returns what ends it."""
    sentry_sdk.init(
        dsn,
        release=f"overheard@{version('overheard')}",
        ca_certs=authorities(),
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[ExcepthookIntegration()],
        include_local_variables=False,
        max_breadcrumbs=0,
        auto_session_tracking=False,
        enable_backpressure_handling=False,
        send_client_reports=False,
        before_send=_allowed,
    )
    root, handler = logging.getLogger(), _ErrorHandler()
    for each in root.handlers[0].filters if root.handlers else ():
        handler.addFilter(each)
    root.addHandler(handler)

    def end() -> None:
        root.removeHandler(handler)
        sentry_sdk.get_client().close(timeout=FLUSH_SECONDS)

    return end


class _ErrorHandler(logging.Handler):
    """Reports log records of the level error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Report one; what reports it must not report itself."""
        if record.name.startswith(("sentry_sdk", "urllib3")):
            return
        fields: Mapping[str, Any] = record.msg if isinstance(record.msg, dict) else {}
        error = _exception(fields.get("exc_info") or record.exc_info)
        event: Event = {}
        hint: Hint = {}
        if error is not None:
            event, hint = event_from_exception(error, sentry_sdk.get_client().options)
        event["level"] = "error"
        event["logger"] = record.name
        event["message"] = str(fields.get("event", "library"))
        event["tags"] = {key: str(fields[key]) for key in _TAGS if key in fields}
        sentry_sdk.capture_event(event, hint)


def _exception(info: object) -> BaseException | None:
    """The exception in any form that a log accepts."""
    found = sys.exc_info() if info is True else info
    error = found[1] if isinstance(found, tuple) else found
    return error if isinstance(error, BaseException) else None


def _allowed(event: Event, _: Hint) -> Event | None:
    """The report, rebuilt from what may be in one."""
    report: dict[str, Any] = {key: event[key] for key in _EVENT_KEYS & event.keys()}  # type: ignore[literal-required]
    report["contexts"] = {"trace": report.get("contexts", {}).get("trace", {})}
    if "exception" in report:
        values = report["exception"].get("values", [])
        report["exception"] = {"values": [_allowed_exception(value) for value in values]}
    return report  # type: ignore[return-value]


def _allowed_exception(value: Mapping[str, Any]) -> dict[str, Any]:
    allowed = {key: value[key] for key in _EXCEPTION_KEYS & value.keys()}
    frames = (allowed.get("stacktrace") or {}).get("frames", [])
    allowed["stacktrace"] = {
        "frames": [{key: frame[key] for key in _FRAME_KEYS & frame.keys()} for frame in frames]
    }
    return allowed
