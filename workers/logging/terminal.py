"""Log lines for a terminal: the time here, coloured by level, wrapped to its width. Pure."""

import textwrap
from datetime import datetime
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

# What a person at a terminal has no use for; the log files have it.
_LEFT_OUT = ("host", "worker", "task_id", "correlation_id")
_LEVELS = {"warning": ("WARNING ", 33), "error": ("ERROR ", 31), "critical": ("ERROR ", 31)}
_INDENT = " " * 9  # below the event, behind the time
_NARROWEST = 40


def terminal_renderer(width: int, keys: tuple[str, ...], *, coloured: bool) -> Processor:
    """A renderer of lines that are at most so many columns wide; ``keys`` come first."""
    rest = structlog.processors.LogfmtRenderer(
        key_order=keys, drop_missing=True, bool_as_flag=False
    )

    def render(logger: Any, name: str, event: EventDict) -> str:
        time, level = _local_time(event.pop("timestamp", "")), event.pop("level", "info")
        event_name = event.pop("event", "")
        for key in _LEFT_OUT:
            event.pop(key, None)
        word, colour = _LEVELS.get(level, ("", 0))
        text = f"{time} {word}{event_name}  {rest(logger, name, event)}".rstrip()
        lines = textwrap.wrap(
            text,
            max(width, _NARROWEST),
            subsequent_indent=_INDENT,
            break_on_hyphens=False,
            replace_whitespace=False,
            drop_whitespace=True,
        )
        return "\n".join(
            f"\x1b[{colour}m{line}\x1b[0m" if coloured and colour else line for line in lines
        )

    return render


def _local_time(timestamp: str) -> str:
    """The time of the day here, of an ISO timestamp."""
    return datetime.fromisoformat(timestamp).astimezone().strftime("%H:%M:%S") if timestamp else ""
