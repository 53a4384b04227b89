"""One service in a data folder: a second `up` learns where the first one is."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.locks import is_locked, open_lock, try_lock, wait_until_free

_PID = re.compile(r"pid (\d+),")
_ENDING = "it is just ending"


class AlreadyRunning(RuntimeError):
    """A service runs in this data folder; the message says its process and its address."""


def stop_service(run_folder: Path, seconds: float) -> bool:
    """Stop the service of a data folder in order; whether there was one.

    The process that has the lock wrote its id into the file.

    Raises:
        EmbeddedServerError: it is just starting, is another user's, or does not end within so many
            seconds.
    """
    path = run_folder / "service.lock"
    if not is_locked(path):
        return False
    note = path.read_text().strip()
    noted = _PID.match(note)
    if noted is not None:
        _terminate(int(noted[1]))
    elif note != _ENDING:
        raise EmbeddedServerError("`overheard up` is just starting: try again in a moment")
    if not wait_until_free(path, seconds):
        known = f" (pid {noted[1]})" if noted else ""
        advice = f", or kill -9 {noted[1]}" if noted else ""
        raise EmbeddedServerError(
            f"`overheard up`{known} has not stopped within {seconds:.0f} s: try again{advice}"
        )
    return True


def _terminate(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:  # it ended meanwhile
        return
    except PermissionError as error:
        raise EmbeddedServerError(
            f"`overheard up` (pid {pid}) was started by another user, who can stop it"
        ) from error


def running_service(run_folder: Path) -> str:
    """The process and address of the service of a data folder; empty if none has noted them."""
    path = run_folder / "service.lock"
    try:
        note = path.read_text().strip()
        return note if _PID.match(note) and is_locked(path) else ""
    except OSError:  # there is none, or it is another user's
        return ""


@contextmanager
def only_service(run_folder: Path) -> Iterator[Callable[[str], None]]:
    """Be the only service of a data folder from now on; yields how to note its address.

    The kernel releases the lock when the process ends, however it ends, and not before: who waits
    for the lock waits for the process. After the block it is noted as ending.

    Raises:
        AlreadyRunning: another one is.
    """
    descriptor = open_lock(run_folder / "service.lock")
    if not try_lock(descriptor):
        note = os.pread(descriptor, 4096, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise AlreadyRunning(
            f"already running ({note or 'it is just starting'}): `overheard down` stops it"
        )

    def write(note: str) -> None:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{note}\n".encode(), 0)

    def write_address(address: str) -> None:
        write(f"pid {os.getpid()}, {address}")

    write_address("no pages")
    try:
        yield write_address
    finally:
        write(_ENDING)  # its number may be another process's later
