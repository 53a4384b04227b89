"""Waits for the jobs and polls of a command, with a progress bar, and prints failures."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from models.database import Session, database_time, in_transaction
from models.queries.jobs import Failure, PendingWork, failures, pending, pending_jobs
from workers.cli.output import as_record, errors, print_error

CHECK_SECONDS = 0.3
CHECK_SECONDS_PER_JOB = 1e-5  # counting a million jobs takes a while: count them less often


def wait_for_work(
    podcast_ids: Sequence[int],
    since: datetime,
    *,
    request_id: str = "",
    jobs: int = 0,
    watch: Callable[[], None] | None = None,
) -> list[Failure]:
    """Wait until these podcasts and this request have no work left; the failures.

    ``jobs`` is the number of jobs of the request. A failed job that will be retried later is not
    waited for: it is among the failures, with the time of its next attempt.
    """
    with _progress() as progress:
        feeds = progress.add_task("feeds", total=len(podcast_ids))
        episodes = progress.add_task("episodes", total=None)
        while True:
            left = in_transaction(_left, podcast_ids, request_id, since)
            progress.update(feeds, completed=len(podcast_ids) - left.feeds)
            total = max(left.created, jobs)
            progress.update(episodes, total=total, completed=total - left.jobs)
            if not left.feeds and not left.jobs:
                break
            if watch is not None:
                watch()
            time.sleep(CHECK_SECONDS + jobs * CHECK_SECONDS_PER_JOB)
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
    for row in map(as_record, failed):
        retry = f"; tried again at {row['retry_at']:%Y-%m-%d %H:%M} UTC" if row["retry_at"] else ""
        print_error(f"failed: {row['subject']}: {row['reason']}: {row['message']}{retry}")
