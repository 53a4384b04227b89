"""File locks: the kernel's own list of who is alive, which no kill can leave wrong."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local.embedded.errors import EmbeddedServerError

PAUSE_SECONDS = 0.02


def open_lock(path: Path) -> int:
    """A descriptor of a lock file, created when missing for the owner of its folder; close it."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    owner = path.parent.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take or convert a lock if that is possible at once.

    A lock belongs to the open file, not to a process: it lasts until the last process that
    inherited the descriptor is gone, however it ended (flock(2)).
    """
    operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether anybody holds this lock. Ask only while nobody else can be asking."""
    if not path.exists():
        return False
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def wait_until_free(path: Path, seconds: float) -> bool:
    """Wait until nobody holds a lock; False when somebody still does after so many seconds."""
    deadline = time.monotonic() + seconds
    while is_locked(path):
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


@contextmanager
def exclusive(path: Path, seconds: float) -> Iterator[None]:
    """Hold a lock alone.

    Raises:
        EmbeddedServerError: another command did not let go of it within so many seconds.
    """
    descriptor = open_lock(path)
    deadline = time.monotonic() + seconds
    try:
        while not try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise EmbeddedServerError(
                    f"another command has been starting or stopping the servers of "
                    f"{path.parent.parent} for {seconds:.0f} s; see the folder log/ there"
                )
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)
