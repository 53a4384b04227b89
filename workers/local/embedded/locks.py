"""File locks, which the kernel releases when their last process ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local.embedded.errors import EmbeddedServerError

PAUSE_SECONDS = 0.02


def open_lock(path: Path) -> int:
    """Open a lock file for its directory's owner, creating it if missing; close the descriptor."""
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    owner = path.parent.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take or convert a lock if that is possible without waiting.

    A lock belongs to the open file, not to a process: it lasts until the last process that
    inherited the descriptor has ended, however it ended (flock(2)).
    """
    operation = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Whether a lock is taken. Call it only under the start lock: it takes the lock briefly."""
    if not path.exists():
        return False
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor)
    finally:
        os.close(descriptor)


def wait_until_free(path: Path, seconds: float) -> bool:
    """Wait until a lock is free; ``False`` if it is not within so many seconds."""
    deadline = time.monotonic() + seconds
    while is_locked(path):
        if time.monotonic() >= deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


@contextmanager
def try_exclusive(path: Path) -> Iterator[bool]:
    """Take an exclusive lock for the block if nobody else has it; yields whether."""
    descriptor = open_lock(path)
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def exclusive(path: Path, seconds: float) -> Iterator[None]:
    """Take an exclusive lock for the block.

    Raises:
        EmbeddedServerError: another command did not release it within so many seconds.
    """
    descriptor = open_lock(path)
    deadline = time.monotonic() + seconds
    try:
        while not try_lock(descriptor):
            if time.monotonic() >= deadline:
                raise EmbeddedServerError(
                    f"another command has been starting or stopping the servers of "
                    f"{path.parent.parent} for {seconds:.0f} s; see its directory log/"
                )
            time.sleep(PAUSE_SECONDS)
        yield
    finally:
        os.close(descriptor)
