"""How far a re-ingest request is, and how long it will probably take."""

from dataclasses import dataclass
from datetime import datetime

# With fewer finished jobs, their rate says nothing about the rest.
MIN_FINISHED = 5


@dataclass(frozen=True, slots=True)
class RequestProgress:
    """The finished share of jobs in percent, and the milliseconds left; None if unknown."""

    percent: int | None
    left_ms: int | None


def request_progress(
    jobs: int, left: int, created_at: datetime, now: datetime, *, runs: bool
) -> RequestProgress:
    """The progress of a request with so many ``jobs``, of which some are ``left``.

    How long they take is known only while it ``runs``: not while its queue is paused.
    """
    finished = max(0, jobs - left)
    percent = 100 * finished // jobs if jobs else None
    if not runs or not left or finished < MIN_FINISHED:
        return RequestProgress(percent, None)
    passed_ms = (now - created_at).total_seconds() * 1000
    return RequestProgress(percent, round(passed_ms * left / finished))
