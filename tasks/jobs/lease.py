"""Renew a lease while its work runs longer than expected."""

import contextvars
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from models.database import Session, in_transaction

log = structlog.get_logger()


@contextmanager
def renewing_lease(renew: Callable[[Session], bool], lease_seconds: float) -> Iterator[None]:
    """Renew the lease after each third of its length, in a thread, until the block ends.

    ``renew`` returns whether this process still has the lease; once it has not, the thread ends.
    Most work ends before the first renewal. A renewal that raises is logged and the next one tried:
    the last statement of the work finds out whether the lease was lost.
    """
    ended = threading.Event()

    def renew_until_ended() -> None:
        while not ended.wait(lease_seconds / 3):
            try:
                if not in_transaction(renew):
                    return
            except Exception as error:
                log.warning("lease_not_renewed", message=str(error), exc_info=error)

    context = contextvars.copy_context()  # log lines of the thread name the job too
    thread = threading.Thread(
        target=context.run, args=(renew_until_ended,), name="lease", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
