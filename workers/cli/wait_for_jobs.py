"""Waits for the work that a command caused, with progress, and says what failed of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries.jobs import Failure, PendingWork, failures, pending, pending_jobs
from workers.cli.output import errors

LOOK_SECONDS = 0.3
LOOK_SECONDS_PER_JOB = 1e-5  # to count a million jobs takes a while, and nobody sees the difference


def wait_for_work(
    podcast_ids: Sequence[int],
    since: datetime,
    *,
    request_id: str = "",
    jobs: int = 0,
    watch: Callable[[], None] | None = None,
) -> list[Failure]:
    """Wait until nothing is left to do for these podcasts, and of a request; what failed of it.

    ``jobs`` is how many the request made.

    A job that failed and is tried again later is not waited for: it is among the failures, with
    the time of its next attempt.
    """
    with _progress() as progress:
        feeds = progress.add_task("feeds", total=len(podcast_ids))
        episodes = progress.add_task("episodes", total=None)
        while True:
            left = in_transaction(_left, podcast_ids, request_id, since)
            progress.update(feeds, completed=len(podcast_ids) - left.feeds)
            asked = max(left.created, jobs)
            progress.update(episodes, total=asked, completed=asked - left.jobs)
            if not left.feeds and not left.jobs:
                break
            if watch is not None:
                watch()
            time.sleep(LOOK_SECONDS + jobs * LOOK_SECONDS_PER_JOB)
    return in_transaction(_failed, podcast_ids, request_id)


def _left(
    session: Session, podcast_ids: Sequence[int], request_id: str, since: datetime
) -> PendingWork:
    now = database_time(session)
    left = pending(session, podcast_ids, since, now)
    if request_id:
        return replace(left, jobs=max(left.jobs, pending_jobs(session, request_id, now)))
    return left


def _failed(session: Session, podcast_ids: Sequence[int], request_id: str) -> list[Failure]:
    return failures(session, podcast_ids, database_time(session), request_id)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )


def print_failures(failed: Sequence[Failure]) -> None:
    """One line for each failure: what, why, and what happens next."""
    for row in failed:
        then = f"; tried again at {row.retry_at:%Y-%m-%d %H:%M} UTC" if row.retry_at else ""
        errors.print(
            f"failed: {row.subject}: {row.reason}: {row.message}{then}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
