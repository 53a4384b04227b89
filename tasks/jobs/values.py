"""A claimed job, its failures and its retry policy, as values."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models import Stage
from models.tables.job import KINDS_OF_PERSONS
from tasks.jobs.backoff import backoff


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job with the lease of this process; only ``lease_token`` lets it finish the job."""

    id: int
    kind: str
    subject: int
    stage: Stage
    force: bool
    attempts: int
    worker_losses: int
    lease_token: UUID
    request_id: str | None
    correlation_id: str | None = None
    podcast_id: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "stage", Stage(self.stage))  # a row has the plain text

    @property
    def about(self) -> dict[str, object]:
        """The log fields that identify the job, without those that have no value."""
        subject = "person_id" if self.kind in KINDS_OF_PERSONS else "episode_id"
        fields = {
            "podcast_id": self.podcast_id,
            subject: self.subject,
            "job_id": self.id,
            "kind": self.kind,
            "correlation_id": self.correlation_id,
        }
        return {key: value for key, value in fields.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a job is attempted, and how many seconds it waits between attempts."""

    max_attempts: int
    max_losses: int
    first_wait_seconds: float
    longest_wait_seconds: float

    def wait(self, failures: int, jitter: float) -> timedelta:
        """Return the backoff after this many failures; ``jitter`` is 0 to 1."""
        first = timedelta(seconds=self.first_wait_seconds)
        longest = timedelta(seconds=self.longest_wait_seconds)
        return backoff(failures, first, longest, jitter=jitter, factor=4)


class JobFailed(Exception):
    """An attempt failed for a known reason.

    Attributes:
        reason: the reason code, for the row and the log.
        permanent: a retry cannot succeed, so the job is dead at once.
    """

    def __init__(self, reason: str, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.permanent = permanent


class JobPostponed(Exception):
    """The rest of the work has to wait, and nothing failed: the job is done later.

    Attributes:
        reason: the reason code, for the row and the log.
        seconds: how long it waits.
    """

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class LeaseLost(Exception):
    """Another worker has taken the job over; this transaction must not be committed."""
