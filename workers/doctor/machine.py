"""Checks of this machine: free disk space, and permissions of the data directory."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workers.doctor.values import Finding, or_ok, problem

MIN_FREE_BYTES = 1_000_000_000
MIN_FREE_SHARE = 0.05


def check_machine(data: Path | None) -> Iterator[Finding]:
    """Check the data directory, if servers are embedded, and the temporary directory."""
    folders = [Path(tempfile.gettempdir()), *([data] if data and data.exists() else [])]
    for folder in folders:
        yield from or_ok("disk", str(folder), "has free space", _disk(folder))
    if data and data.exists():
        yield from or_ok("permissions", str(data), "is closed to other users", _permissions(data))


def _disk(folder: Path) -> Iterator[Finding]:
    usage = shutil.disk_usage(folder)
    if usage.free < min(MIN_FREE_BYTES, MIN_FREE_SHARE * usage.total):
        yield problem(
            "disk",
            str(folder),
            f"{usage.free:,} of {usage.total:,} bytes are free: the servers will soon stop writing",
            "free some space, or move OVERHEARD_DATA; see docs/operations.md on backup and restore",
        )
    if not os.access(folder, os.W_OK):
        yield problem(
            "permissions",
            str(folder),
            "this user cannot write here",
            "check its owner; heartbeat files are written to the temporary directory",
        )


def _permissions(data: Path) -> Iterator[Finding]:
    """Only the servers' account may enter their directories, which have secrets in them."""
    for folder in (data / "postgres", data / "valkey", data / "sockets"):
        if folder.exists() and (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o077:
            yield problem(
                "permissions",
                str(folder),
                f"other users may enter (mode {mode:o})",
                f"chmod 700 {folder}",
            )
