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
    noted = _PID.match(path.read_text())
    if noted is None:
        raise EmbeddedServerError("`overheard up` is just starting: try again in a moment")
    pid = int(noted[1])
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise EmbeddedServerError(
            f"`overheard up` (pid {pid}) was started by another user, who can stop it"
        ) from error
    if not wait_until_free(path, seconds):
        raise EmbeddedServerError(
            f"`overheard up` (pid {pid}) has not stopped within {seconds:.0f} s: try again, or "
            f"kill -9 {pid}"
        )
    return True


@contextmanager
def only_service(run_folder: Path) -> Iterator[Callable[[str], None]]:
    """Be the only service of a data folder for the block; yields how to note its address.

    The kernel releases the lock when the process ends, however it ends.

    Raises:
        AlreadyRunning: another one is.
    """
    descriptor = open_lock(run_folder / "service.lock")
    try:
        if not try_lock(descriptor):
            note = os.pread(descriptor, 4096, 0).decode(errors="replace").strip()
            raise AlreadyRunning(
                f"already running ({note or 'it is just starting'}): `overheard down` stops it"
            )

        def write(address: str) -> None:
            note = f"pid {os.getpid()}, {address}\n".encode()
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note, 0)

        write("no pages")
        yield write
        os.ftruncate(descriptor, 0)  # its number may be another process's later
    finally:
        os.close(descriptor)
