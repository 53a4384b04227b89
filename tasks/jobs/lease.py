"""Keeps a running job's lease alive while its work takes longer than expected."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from models.database import database_time, in_transaction
from tasks.jobs.store import renew_lease
from tasks.jobs.values import ClaimedJob


@contextmanager
def renewed_lease(job: ClaimedJob, lease_seconds: float) -> Iterator[None]:
    """Renew the lease at each third of it, from a thread of its own, until the block ends.

    Most jobs end before the first renewal. A renewal that fails is no reason to stop: the job's
    last statement finds out whether the lease still holds.
    """
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(lease_seconds / 3):
            if not in_transaction(
                lambda session: renew_lease(session, job, database_time(session), lease_seconds)
            ):
                return

    thread = threading.Thread(target=renew, name=f"lease-{job.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
