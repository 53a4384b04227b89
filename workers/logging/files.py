"""Local log files: one for each process, limited in size, each and in total."""

import logging
import os
import re
import time
from pathlib import Path
from typing import TextIO

# Each file is a small part of the total size, so that only old lines are deleted.
PARTS = 20
MAX_FILES = 400
SUFFIX = ".jsonl"


class ProcessLogFile(logging.Handler):
    """Writes the log lines of one process to its own file, as JSON.

    No other process writes to it, so it needs no lock, and a rotation loses no line. A forked
    child starts its own file. If the directory cannot be written, the lines are still on standard
    error.
    """

    def __init__(self, folder: Path, name: str, max_bytes: int) -> None:
        super().__init__()
        self._folder, self._max_bytes = folder, max_bytes
        self._name = re.sub(r"[^\w.@-]", "_", name)
        self._file: TextIO | None = None
        self._pid = 0

    @property
    def path(self) -> Path:
        """The log file of this process."""
        return self._folder / f"{self._name}-{os.getpid()}{SUFFIX}"

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; an error must not stop the work that is logged."""
        try:
            line = self.format(record) + "\n"
            file = self._opened()
            file.write(line)
            file.flush()
            if file.tell() > self._max_bytes / PARTS:
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
        """The open file; opened again after a fork, or if it was deleted."""
        if self._file is not None and self._pid == os.getpid() and self.path.exists():
            return self._file
        self._folder.mkdir(parents=True, exist_ok=True)
        self._pid = os.getpid()
        self._file = self.path.open("a", encoding="utf-8", errors="backslashreplace")
        delete_old_files(self._folder, self._max_bytes)
        return self._file

    def _rotate(self) -> None:
        assert self._file is not None  # noqa: S101  emit() has just written to it
        self._file.close()
        self._file = None
        old = f"{self._name}-{os.getpid()}.{time.time_ns()}{SUFFIX}"
        self.path.rename(self._folder / old)
        delete_old_files(self._folder, self._max_bytes)


def delete_old_files(folder: Path, max_bytes: int) -> None:
    """Delete the oldest log files until the rest is within limits; safe in several processes."""
    files = []
    for path in folder.glob(f"*{SUFFIX}"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        files.append((stat.st_mtime_ns, path.name, stat.st_size, path))
    files.sort(reverse=True)  # equal times by name, which contains the time of rotation
    total = 0
    for number, (_, _, size, path) in enumerate(files):
        total += size
        if total > max_bytes or number >= MAX_FILES:
            path.unlink(missing_ok=True)
