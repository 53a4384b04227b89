"""What the live status shows beside the totals: event counts, slowest jobs, last failures."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from models.database.sql import fetch_all
from models.tables.metric import MetricBucket

_SLOWEST = """
    SELECT j.id, e.title AS episode, j.worker,
           extract(epoch FROM :now - j.started_at)::int AS seconds
    FROM job j LEFT JOIN episode e ON e.id = j.subject AND j.kind = 'parse'
    WHERE j.state = 'running' ORDER BY j.started_at LIMIT :limit
"""
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
    query = select(MetricBucket.label, func.sum(MetricBucket.count)).group_by(label)
    chosen = query.where(MetricBucket.name == "event", label.in_(events))
    return {event: int(times) for event, times in session.exec(chosen)}


def slowest_jobs(session: Session, now: datetime, limit: int = 5) -> list[RunningJob]:
    """The jobs that have been running longest."""
    return fetch_all(session, _SLOWEST, RunningJob, {"now": now, "limit": limit})


def last_failures(session: Session, limit: int = 5) -> list[FailedJob]:
    """Failed jobs that are not done, latest first."""
    return fetch_all(session, _FAILURES, FailedJob, {"limit": limit})
