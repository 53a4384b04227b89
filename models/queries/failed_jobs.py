"""Jobs that failed, by state and reason: those that are retried by themselves, and dead ones."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.jobs import is_failed, waits_after_failure
from models.queries.shown import fetch_all
from models.tables.job import Job, JobState


@dataclass(frozen=True, slots=True)
class JobsByState:
    """Jobs in one state; a job that waits to be retried is ``failed`` and not ``waiting``."""

    kind: str
    state: str
    jobs: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class FailedJobs:
    """Failed jobs with one reason: ``dead`` ones, or those whose next attempt has a time."""

    state: str
    reason: str
    jobs: int
    retry_at: datetime | None


_STATE = case((waits_after_failure(), "failed"), else_=col(Job.state))
_REASON = func.coalesce(func.nullif(col(Job.reason), ""), "unknown")


def unfinished_jobs(session: Session) -> list[JobsByState]:
    """Unfinished jobs by kind and state."""
    columns = row_columns(
        JobsByState, Job, state=_STATE, jobs=func.count(), oldest=func.min(col(Job.created_at))
    )
    query = (
        select(*columns)
        .where(col(Job.state) != JobState.done)
        .group_by(col(Job.kind), _STATE)
        .order_by(col(Job.kind), _STATE)
    )
    return fetch_all(session, query, JobsByState)


def failed_jobs(session: Session) -> list[FailedJobs]:
    """Failed jobs by state and reason, the most frequent first."""
    waiting = col(Job.state) == JobState.waiting
    columns = row_columns(
        FailedJobs,
        state=_STATE,
        reason=_REASON,
        jobs=func.count(),
        retry_at=func.min(col(Job.run_after)).filter(waiting),
    )
    query = (
        select(*columns)
        .where(is_failed())
        .group_by(_STATE, _REASON)
        .order_by(func.count().desc(), _STATE, _REASON)
    )
    return fetch_all(session, query, FailedJobs)
