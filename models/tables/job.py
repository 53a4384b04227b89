"""Jobs: every unit of work as a row, so that the queue may forget and nothing is lost."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, primary_key


class JobState(StrEnum):
    """waiting → running → done, or back to waiting after a failure, or dead after too many."""

    waiting = "waiting"
    running = "running"
    done = "done"
    dead = "dead"


class Outcome(StrEnum):
    """What came of an attempt, each with a reason word beside it."""

    ran = "ran"
    skipped = "skipped"
    degraded = "degraded"
    failed = "failed"
    dead = "dead"


class Stage(StrEnum):
    """Where a job begins; the later stages follow from it, in the order of these members."""

    fetch = "fetch"
    parse = "parse"
    people = "people"
    counts = "counts"


# The kinds of jobs whose subject is a person; that of all others is an episode.
KINDS_OF_PERSONS = ("count",)


class Job(SQLModel, table=True):
    """One unit of work: what, for which row, state, attempts, lease, outcome and reason.

    Unique per (kind, subject) while waiting, beside at most one running. ``task_id`` is the
    message that was published for it, ``published_at`` when; ``run_after`` delays a retry.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "job_waiting_once",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "job_running_once",
            "kind",
            "subject",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "job_to_publish",
            "kind",
            "priority",
            "id",
            postgresql_where=text("state = 'waiting' AND published_at IS NULL"),
        ),
        Index("job_lease", "lease_expires_at", postgresql_where=text("state = 'running'")),
        Index("job_subject", "kind", "subject", "id"),
        Index("job_state", "state", "id"),
        Index("job_request", "request_id", postgresql_where=text("request_id IS NOT NULL")),
    )

    id: int | None = primary_key()
    kind: str
    subject: int = Field(sa_column=Column(BigInteger, nullable=False))
    stage: str = Stage.fetch
    force: bool = False
    priority: int = 5
    state: str = JobState.waiting
    attempts: int = 0
    worker_losses: int = 0
    republished: int = 0
    lease_token: UUID | None = None
    lease_expires_at: datetime | None = moment()
    task_id: str | None = None
    published_at: datetime | None = moment()
    run_after: datetime = moment(nullable=False)
    outcome: str | None = None
    reason: str | None = None
    message: str | None = None
    figures: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    request_id: str | None = None
    # The tick, command or request that it follows from; the same word stands in all log lines.
    correlation_id: str | None = None
    worker: str | None = None
    created_at: datetime = moment(nullable=False)
    started_at: datetime | None = moment()
    finished_at: datetime | None = moment()
