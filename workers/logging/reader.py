"""Reads local log files: the lines of all processes in the order of time, filtered, followed."""

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
LOOK_SECONDS = 0.3
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are wanted; keys are compared as text, and an empty wish takes all."""

    keys: Mapping[str, str] = field(default_factory=dict)
    level: str = "debug"
    since: str = ""  # a time as lines have it; they compare as text

    def takes(self, line: Line) -> bool:
        """Whether a line is wanted."""
        return (
            str(line.get("timestamp", "")) >= self.since
            and _rank(str(line.get("level", ""))) >= _rank(self.level)
            and all(str(line.get(key, "")) == value for key, value in self.keys.items())
        )


def _rank(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 0


def moment(said: str, now: datetime) -> str:
    """A time as lines have it, from ``10m``, ``2h``, ``3d`` ago or an RFC 3339 time.

    Raises:
        ValueError: it is neither.
    """
    if ago := _AGO.fullmatch(said.strip()):
        then = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    else:
        then = datetime.fromisoformat(said)
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    return then.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class LogFolder:
    """The log files of all processes: what is in them, and what is written from now on.

    Files are known by their inode, so that one that is rotated is read to its end under its new
    name. What is stored ends where what comes begins: no line is told twice.
    """

    def __init__(self, folder: Path, wanted: Wanted) -> None:
        self._folder, self._wanted = folder, wanted
        self._places = {stat.st_ino: stat.st_size for _, stat in self._files()}

    def stored(self) -> Iterator[Line]:
        """The wanted lines so far, the oldest first, however many there are."""
        ends = dict(self._places)
        each = (self._lines(path, ends.get(stat.st_ino, 0)) for path, stat in self._files())
        return heapq.merge(*each, key=_time)

    def news(self) -> list[Line]:
        """The wanted lines since the last look, in the order of time."""
        found = [line for path, stat in self._files() for line in self._tail(path, stat)]
        return sorted(found, key=_time)

    def follow(self, show: Callable[[Line], None]) -> None:
        """Show what comes, until Ctrl-C."""
        while True:
            for line in self.news():
                show(line)
            time.sleep(LOOK_SECONDS)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            with suppress(FileNotFoundError):  # deleted or rotated a moment ago
                yield path, path.stat()

    def _lines(self, path: Path, end: int) -> Iterator[Line]:
        with suppress(FileNotFoundError), path.open("rb") as file:
            while file.tell() < end and (text := file.readline()):
                if (line := _parsed(text)) and self._wanted.takes(line):
                    yield line

    def _tail(self, path: Path, stat: os.stat_result) -> list[Line]:
        place = self._places.get(stat.st_ino, 0)
        if stat.st_size < place:  # another file by now, under the number of one that was deleted
            place = 0
        with suppress(FileNotFoundError), path.open("rb") as file:
            file.seek(place)
            whole, newline, _ = file.read().rpartition(b"\n")
            self._places[stat.st_ino] = place + len(whole) + len(newline)
            lines = (_parsed(text) for text in whole.splitlines())
            return [line for line in lines if line and self._wanted.takes(line)]
        return []


def _time(line: Line) -> str:
    return str(line.get("timestamp", ""))


def _parsed(text: bytes) -> Line | None:
    """A line as an object; none for one that was cut off by the end of its process."""
    try:
        line = json.loads(text.decode("utf-8", "replace"))
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
