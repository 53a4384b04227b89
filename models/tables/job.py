"""Jobs: every unit of work is a row, so a message lost by the queue loses no work."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment, primary_key


class JobState(StrEnum):
    """waiting → running → done; back to waiting after a failure, dead after too many."""

    waiting = "waiting"
    running = "running"
    done = "done"
    dead = "dead"


UNFINISHED = (JobState.waiting, JobState.running)


class Outcome(StrEnum):
    """The outcome of an attempt; a reason code is stored beside it."""

    ran = "ran"
    skipped = "skipped"
    degraded = "degraded"
    failed = "failed"
    dead = "dead"


class Stage(StrEnum):
    """The stage at which a job begins; later stages follow in this order.

    The first four are those of speech to text, in jobs of the kind ``transcribe``.
    """

    download = "download"
    transcribe = "transcribe"
    diarize = "diarize"
    attribute = "attribute"
    fetch = "fetch"
    parse = "parse"
    people = "people"
    counts = "counts"


SPEECH_STAGES = (Stage.download, Stage.transcribe, Stage.diarize, Stage.attribute)

# Kinds of jobs whose subject is a person; all others have an episode.
KINDS_OF_PERSONS = ("count",)


class Job(SQLModel, table=True):
    """One unit of work: kind, subject, stage, state, attempts, lease, outcome and reason.

    At most one job per (kind, subject) waits, and at most one runs. ``task_id`` is the id of the
    message that was published for it at ``published_at``; ``run_after`` delays a retry.
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
        member_of("job", "state", JobState),
        member_of("job", "stage", Stage),
        member_of("job", "outcome", Outcome),
        Index("job_lease", "lease_expires_at", postgresql_where=text("state = 'running'")),
        Index("job_subject", "kind", "subject", "id"),
        Index("job_state", "state", "id"),
        Index("job_request", "request_id", postgresql_where=text("request_id IS NOT NULL")),
    )

    id: int | None = primary_key()
    kind: str
    subject: int = Field(sa_column=Column(BigInteger, nullable=False))
    stage: Stage = member(Stage, Stage.fetch)
    force: bool = False
    priority: int = 5
    state: JobState = member(JobState, JobState.waiting)
    attempts: int = 0
    worker_losses: int = 0
    republished: int = 0
    lease_token: UUID | None = None
    lease_expires_at: datetime | None = moment()
    task_id: str | None = None
    published_at: datetime | None = moment()
    run_after: datetime = moment(nullable=False)
    outcome: Outcome | None = member(Outcome, nullable=True)
    reason: str | None = None
    message: str | None = None
    figures: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    request_id: str | None = None
    # The correlation id of the tick, command or request that caused it; log lines repeat it.
    correlation_id: str | None = None
    worker: str | None = None
    created_at: datetime = moment(nullable=False)
    started_at: datetime | None = moment()
    finished_at: datetime | None = moment()
