"""What the live status shows beside the totals: event counts, slowest jobs, last failures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, cast, extract, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_all
from models.tables.episode import Episode
from models.tables.job import Job, JobState
from models.tables.metric import MetricBucket

_FAILURES = """
    SELECT finished_at, id, kind, subject, state, reason, message FROM (
        (SELECT * FROM job WHERE state = 'dead' ORDER BY id DESC LIMIT :limit)
        UNION ALL
        (SELECT * FROM job WHERE state = 'waiting' AND attempts + worker_losses > 0 LIMIT 200)
    ) failed ORDER BY finished_at DESC NULLS LAST LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A running job, and for how many seconds."""

    id: int
    episode: str | None
    worker: str | None
    seconds: int


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed and is not done."""

    finished_at: datetime | None
    id: int
    kind: str
    subject: int
    state: str
    reason: str | None
    message: str | None


def event_counts(session: Session, events: list[str]) -> dict[str, int]:
    """How often each of these events was logged; the difference of two readings is a rate."""
    label = col(MetricBucket.label)
    query = select(label, func.sum(col(MetricBucket.count))).group_by(label)
    chosen = query.where(col(MetricBucket.name) == "event", label.in_(events))
    return {event: int(times) for event, times in session.connection().execute(chosen)}


def slowest_jobs(session: Session, now: datetime, limit: int = 5) -> list[RunningJob]:
    """The jobs that have been running longest."""
    seconds = cast(extract("epoch", now - col(Job.started_at)), Integer)
    query = (
        select(*row_columns(RunningJob, Job, episode=Episode.title, seconds=seconds))
        .outerjoin(Episode, and_(col(Episode.id) == Job.subject, col(Job.kind) == "parse"))
        .where(col(Job.state) == JobState.running)
        .order_by(col(Job.started_at))
    )
    return fetch_all(session, query.limit(limit), RunningJob)


def last_failures(session: Session, limit: int = 5) -> list[FailedJob]:
    """Failed jobs that are not done, latest first."""
    return fetch_all(session, _FAILURES, FailedJob, {"limit": limit})
