"""Waits for the work that a command caused, with progress, and says what failed of it."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.questions.work import failures, pending, pending_jobs
from workers.output import errors

LOOK_SECONDS = 0.3


def wait_for_work(
    podcast_ids: Sequence[int],
    since: datetime,
    *,
    job_ids: Sequence[int] = (),
    watch: Callable[[], None] | None = None,
) -> list[dict[str, Any]]:
    """Wait until nothing is left to do for these podcasts and jobs; what failed of it.

    A job that failed and is tried again later is not waited for: it is among the failures, with
    the time of its next attempt.
    """
    with _progress() as progress:
        feeds = progress.add_task("feeds", total=len(podcast_ids))
        episodes = progress.add_task("episodes", total=None)
        while True:
            left = in_transaction(_left, podcast_ids, job_ids, since)
            progress.update(feeds, completed=len(podcast_ids) - left["feeds"])
            asked = max(left["asked"], len(job_ids))
            progress.update(episodes, total=asked, completed=asked - left["jobs"])
            if not left["feeds"] and not left["jobs"]:
                break
            if watch is not None:
                watch()
            time.sleep(LOOK_SECONDS)
    return in_transaction(_failed, podcast_ids, job_ids)


def _left(
    session: Session, podcast_ids: Sequence[int], job_ids: Sequence[int], since: datetime
) -> dict[str, int]:
    now = database_time(session)
    left = pending(session, podcast_ids, since, now)
    if job_ids:
        left["jobs"] = max(left["jobs"], pending_jobs(session, job_ids, now))
    return left


def _failed(
    session: Session, podcast_ids: Sequence[int], job_ids: Sequence[int]
) -> list[dict[str, Any]]:
    return failures(session, podcast_ids, database_time(session), job_ids)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description:>9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        disable=not errors.is_terminal,
    )


def print_failures(failed: Sequence[dict[str, Any]]) -> None:
    """One line for each failure: what, why, and what happens next."""
    for row in failed:
        then = f"; tried again at {row['retry_at']:%Y-%m-%d %H:%M} UTC" if row["retry_at"] else ""
        errors.print(
            f"failed: {row['subject']}: {row['reason']}: {row['message']}{then}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
