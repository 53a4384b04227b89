"""Log events in the spans of their work, by a processor of structlog."""

from collections.abc import Callable
from typing import Any

from structlog.typing import EventDict

# Names, numbers and ids of our own; every other key of a log event may be personal.
ATTRIBUTES = frozenset(
    ["podcast_id", "episode_id", "job_id", "reason", "took_ms", "fetch_ms", "parse_ms", "store_ms"]
)

_add: Callable[[str, dict[str, Any]], None] | None = None


def send_events_to(add: Callable[[str, dict[str, Any]], None] | None) -> None:
    """Hand each event's name and attributes to a function; None to nobody any more."""
    global _add  # noqa: PLW0603  one for each process
    _add = add


def record_span_event(_: Any, __: str, event: EventDict) -> EventDict:
    """Add a log event to the current span, where there is one (a structlog processor)."""
    if _add is not None:
        _add(str(event["event"]), {key: event[key] for key in ATTRIBUTES & event.keys()})
    return event
