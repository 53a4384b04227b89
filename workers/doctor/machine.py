"""What can be wrong with this machine: room on its disks, and who may read the data folder."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workers.doctor.values import Finding, or_well, wrong

LEAST_BYTES = 1_000_000_000
LEAST_SHARE = 0.05


def check_machine(data: Path | None) -> Iterator[Finding]:
    """Look at the data folder, where there are embedded servers, and the temporary folder."""
    folders = [Path(tempfile.gettempdir()), *([data] if data and data.exists() else [])]
    for folder in folders:
        yield from or_well("disk", str(folder), "has room", _room(folder))
    if data and data.exists():
        yield from or_well("permissions", str(data), "is closed to others", _permissions(data))


def _room(folder: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(folder)
    if usage.free < min(LEAST_BYTES, LEAST_SHARE * usage.total):
        yield wrong("disk", str(folder), f"{usage.free:,} of {usage.total:,} bytes are free: the "
                    "servers stop writing soon", "make room, or move OVERHEARD_DATA; see Backup "
                    "and restore in docs/operations.md")  # fmt: skip
    if not os.access(folder, os.W_OK):
        yield wrong("permissions", str(folder), "cannot be written by this user",
                    "see whose it is; signs of life lie in the temporary folder")  # fmt: skip


def _permissions(data: Path) -> Iterator[Finding]:
    """The servers' folders are their account's alone: passwords and transcripts lie there."""
    for folder in (data / "postgres", data / "valkey", data / "sockets"):
        if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            mode = stat.S_IMODE(folder.stat().st_mode)
            yield wrong("permissions", str(folder), f"others may enter it (mode {mode:o})",
                        f"chmod 700 {folder}")  # fmt: skip
