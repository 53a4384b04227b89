"""A job in a worker's hands, what may go wrong with it, and when it is tried again."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models import Stage
from models.tables.job import KINDS_OF_PERSONS
from tasks.jobs.backoff import backoff


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that this process holds: only the holder of ``lease_token`` may finish it."""

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

    @property
    def about(self) -> dict[str, object]:
        """The keys of a log line that say what the job is about; those without a value are out."""
        subject = "person_id" if self.kind in KINDS_OF_PERSONS else "episode_id"
        said = {
            "podcast_id": self.podcast_id,
            subject: self.subject,
            "job_id": self.id,
            "kind": self.kind,
            "correlation_id": self.correlation_id,
        }
        return {key: value for key, value in said.items() if value is not None}


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
    """An attempt came to nothing, for a reason that can be named.

    Attributes:
        reason: one word for the row, the log and the tests.
        permanent: trying the same again cannot help, so the job is dead at once.
    """

    def __init__(self, reason: str, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.permanent = permanent


class LeaseLost(Exception):
    """Somebody else has taken the job over; what this process did must not be committed."""
