"""One service in a data folder: a second `up` learns where the first one is."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local.embedded.locks import open_lock, try_lock


class AlreadyRunning(RuntimeError):
    """A service runs in this data folder; the message says its process and its address."""


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
            raise AlreadyRunning(f"already running ({note or 'it is just starting'})")

        def write(address: str) -> None:
            note = f"pid {os.getpid()}, {address}\n".encode()
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, note, 0)

        write("no pages")
        yield write
    finally:
        os.close(descriptor)
