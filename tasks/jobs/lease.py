"""Keeps a claim alive while its work takes longer than expected."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlmodel import Session

from models.database import in_transaction

log = structlog.get_logger()


@contextmanager
def renewing_lease(renew: Callable[[Session], bool], lease_seconds: float) -> Iterator[None]:
    """Renew at each third of the lease, from a thread of its own, until the block ends.

    ``renew`` says whether the claim is still ours; once it is not, there is nothing to keep. Most
    work ends before the first renewal. One that fails is no reason to stop, and the next is tried:
    the work's last statement finds out whether the claim holds.
    """
    ended = threading.Event()

    def keep() -> None:
        while not ended.wait(lease_seconds / 3):
            try:
                if not in_transaction(renew):
                    return
            except Exception as error:  # noqa: BLE001  the database may be back in time
                log.warning("lease_not_renewed", message=str(error))

    same_words = contextvars.copy_context()  # its lines say what they are about
    thread = threading.Thread(target=same_words.run, args=(keep,), name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
