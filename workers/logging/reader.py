"""Reads local log files: lines of all processes by time, filtered and followed."""

import heapq
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from workers.logging.files import SUFFIX

Line = dict[str, Any]

LEVELS = ("debug", "info", "warning", "error", "critical")
FOLLOW_SECONDS = 0.3
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter of log lines; values are compared as text, and an empty filter matches all."""

    keys: Mapping[str, str] = field(default_factory=dict)
    level: str = "debug"
    since: str = ""  # a timestamp as in log lines, compared as text

    def matches(self, line: Line) -> bool:
        """Whether a line matches."""
        return (
            str(line.get("timestamp", "")) >= self.since
            and _rank(str(line.get("level", ""))) >= _rank(self.level)
            and all(str(line.get(key, "")) == value for key, value in self.keys.items())
        )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


def parse_since(text: str, now: datetime) -> str:
    """A timestamp as in log lines, from ``10m``, ``2h``, ``3d`` ago or an RFC 3339 time.

    Raises:
        ValueError: it is neither.
    """
    if ago := _AGO.fullmatch(text.strip()):
        then = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    else:
        then = datetime.fromisoformat(text)
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return then.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class LogDirectory:
    """The log files of all processes: their stored lines, and new ones from now on.

    Files are identified by inode, so that a rotated one is read to its end under its new name. New
    lines begin where stored lines end: each line comes once.
    """

    def __init__(self, folder: Path, log_filter: LogFilter) -> None:
        self._folder, self._filter = folder, log_filter
        self._offsets = {stat.st_ino: stat.st_size for _, stat in self._files()}

    def stored(self) -> Iterator[Line]:
        """The matching lines so far, oldest first."""
        ends = dict(self._offsets)
        files = (self._lines(path, ends.get(stat.st_ino, 0)) for path, stat in self._files())
        return heapq.merge(*files, key=_time)

    def new_lines(self) -> list[Line]:
        """The matching lines since the last call, by time."""
        lines = [line for path, stat in self._files() for line in self._tail(path, stat)]
        return sorted(lines, key=_time)

    def follow(self, show: Callable[[Line], None]) -> None:
        """Show new lines until Ctrl-C."""
        while True:
            for line in self.new_lines():
                show(line)
            time.sleep(FOLLOW_SECONDS)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):  # just deleted or rotated
                yield path, path.stat()

    def _lines(self, path: Path, end: int) -> Iterator[Line]:
        with suppress(FileNotFoundError), path.open("rb") as file:
            while file.tell() < end and (text := file.readline()):
                if (line := _parsed(text)) and self._filter.matches(line):
                    yield line

    def _tail(self, path: Path, stat: os.stat_result) -> list[Line]:
        offset = self._offsets.get(stat.st_ino, 0)
        if stat.st_size < offset:  # another file with the inode of a deleted one
            offset = 0
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(offset)
            whole, newline, _ = file.read().rpartition(b"\n")
            self._offsets[stat.st_ino] = offset + len(whole) + len(newline)
            lines = (_parsed(text) for text in whole.splitlines())
            return [line for line in lines if line and self._filter.matches(line)]
        return []


def _time(line: Line) -> str:
    return str(line.get("timestamp", ""))


def _parsed(text: bytes) -> Line | None:
    """A line as an object; ``None`` if the end of its process truncated it."""
    try:
        line = json.loads(text.decode("utf-8", "replace"))
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
