"""Ends what a killed process leaves in its temporary folder: `caretaker.py FOLDER`, its child.

Everything that the process starts names the folder in its command, in its environment or as its
working folder (Linux; elsewhere only the embedded servers are stopped). Run as a file: imports of
the package would load all of Celery into this process.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PAUSE_SECONDS = 0.5
TRIES = 20  # processes may start others while they are found


def start_caretaker(folder: Path) -> "subprocess.Popen[bytes]":
    """Start it for the temporary folder of this process; end it when the folder is deleted."""
    command = [sys.executable, "-S", __file__, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def main(folder: Path, parent: int) -> None:
    """Wait until the parent has ended; then kill its processes and delete its folder."""
    while os.getppid() == parent:
        time.sleep(PAUSE_SECONDS)
    if folder.exists() and not Path("/proc/self/environ").exists():
        down = [sys.executable, "-m", "workers.cli", "down"]
        environment = os.environ | {"OVERHEARD_DATA": str(folder / "data")}
        subprocess.run(down, env=environment, check=False)
    end_all_of(folder)


def end_all_of(folder: Path) -> None:
    """Kill all processes of a folder, and delete it."""
    for _ in range(TRIES):
        left = list(processes_of(folder))
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
        if not left and not folder.exists():
            return
        time.sleep(PAUSE_SECONDS)


def processes_of(folder: Path) -> Iterator[int]:
    """The processes whose command, environment or working folder names the folder."""
    name = os.fsencode(folder)
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) != os.getpid() and name in _names(process):
            yield int(process.name)


def _names(process: Path) -> bytes:
    with contextlib.suppress(OSError):  # ended meanwhile, or of another user
        texts = [(process / part).read_bytes() for part in ("cmdline", "environ")]
        return b"\0".join((*texts, os.fsencode((process / "cwd").readlink())))
    return b""


if __name__ == "__main__":
    main(Path(sys.argv[1]), os.getppid())
