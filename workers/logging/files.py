"""Local log files: one for each process, bounded by size, all of them together too."""

import logging
import os
import re
import time
from pathlib import Path
from typing import TextIO

# A file is a small part of what all may take together, so that what is deleted is always old.
PARTS = 20
MOST_FILES = 400
SUFFIX = ".jsonl"


class ProcessLogFile(logging.Handler):
    """Writes the lines of one process to a file of its own, as JSON.

    Nobody else writes to it, so nothing has to be locked and a rotation loses no line. A forked
    child begins a file of its own. When the folder cannot be written, the lines are on standard
    error all the same.
    """

    def __init__(self, folder: Path, name: str, most_bytes: int) -> None:
        super().__init__()
        self._folder, self._most_bytes = folder, most_bytes
        self._name = re.sub(r"[^\w.@-]", "_", name)
        self._file: TextIO | None = None
        self._pid = 0

    @property
    def path(self) -> Path:
        """The file of this process."""
        return self._folder / f"{self._name}-{os.getpid()}{SUFFIX}"

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; what goes wrong with it must not stop the work that it is about."""
        try:
            line = self.format(record) + "\n"
            file = self._opened()
            file.write(line)
            file.flush()
            if file.tell() > self._most_bytes / PARTS:
                self._rotate()
        except OSError:
            self._file = None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None and self._pid == os.getpid():
            self._file.close()
        self._file = None
        super().close()

    def _opened(self) -> TextIO:
        """The file, opened anew after a fork or when somebody has deleted it."""
        if self._file is not None and self._pid == os.getpid() and self.path.exists():
            return self._file
        self._folder.mkdir(parents=True, exist_ok=True)
        self._pid = os.getpid()
        self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        make_room(self._folder, self._most_bytes)
        return self._file

    def _rotate(self) -> None:
        assert self._file is not None  # noqa: S101  it was just written to
        self._file.close()
        self._file = None
        old = f"{self._name}-{os.getpid()}.{time.time_ns()}{SUFFIX}"
        self.path.rename(self._folder / old)
        make_room(self._folder, self._most_bytes)


def make_room(folder: Path, most_bytes: int) -> None:
    """Delete the oldest log files until the rest is within bounds; several may do so at once."""
    found = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((stat.st_mtime_ns, path.name, stat.st_size, path))
    found.sort(reverse=True)  # those of one moment by name, which has the time of the rotation
    total = 0
    for number, (_, _, size, path) in enumerate(found):
        total += size
        if total > most_bytes or number >= MOST_FILES:
            path.unlink(missing_ok=True)
