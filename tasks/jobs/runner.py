"""Run a job from its message: claim the row, do the work, record the outcome."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from models import Outcome, get_settings
from models.database import (
    Session,
    database_time,
    in_transaction,
    is_unavailable,
    set_async_commit,
    summarize_error,
)
from tasks.jobs.fair_share import is_long, record_cooldown
from tasks.jobs.lease import renewing_lease
from tasks.jobs.store import (
    JobDisposition,
    claim_job,
    fail_job,
    finish_job,
    release_job,
    renew_lease,
    retry_policy,
)
from tasks.jobs.values import ClaimedJob, JobFailed, JobPostponed, LeaseLost

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """The message of a job: its task id, the worker, and whether the broker redelivered it."""

    task_id: str
    worker: str
    redelivered: bool = False
    queue: str = ""

    @classmethod
    def of(cls, request: Any) -> "Message":
        """Read the message from the request of a bound Celery task."""
        delivery = request.delivery_info or {}
        return cls(
            request.id,
            request.hostname or "",
            bool(delivery.get("redelivered")),
            delivery.get("routing_key") or "",
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result of a job; the figures go to its row and its log line."""

    outcome: Outcome
    reason: str = ""
    message: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def finish(self, session: Session, job: ClaimedJob, now: datetime) -> None:
        """Record the result in the transaction of the work; `LeaseLost` rolls both back."""
        finish_job(
            session,
            job,
            now,
            self.outcome,
            reason=self.reason,
            message=self.message,
            figures=self.figures,
        )


def run_job(job_id: int, message: Message, work: Callable[[ClaimedJob], JobResult]) -> None:
    """Claim a job and do its work once; a message whose row cannot be claimed is ignored.

    ``work`` commits its own result; everything that it raises is recorded here, in the row and the
    log.
    """
    try:
        job = in_transaction(_claim, job_id, message)
    except Exception as error:  # noqa: BLE001  raised again, unless the database is unavailable
        _log_not_saved(error, job_id=job_id)
        return
    if job is None:
        log.debug("job_message_ignored", job_id=job_id, task_id=message.task_id)
        return
    about = job.about | {"task_id": message.task_id}
    with structlog.contextvars.bound_contextvars(**about):
        started = time.monotonic()
        _attempt(job, work, started)
        _cool_down(job, time.monotonic() - started)


def _log_not_saved(error: Exception, **about: Any) -> None:
    """Log that the result is not saved; re-raises unless the database is unavailable.

    Nothing is lost: the lease expires, and the sweeper finds the row. Any other exception is a bug,
    and Celery reports it.
    """
    if not is_unavailable(error):
        raise error
    log.error("job_result_not_saved", **about, message=summarize_error(error), exc_info=error)


def _claim(session: Session, job_id: int, message: Message) -> ClaimedJob | None:
    # A crash of the database may undo the claim: then the job waits, and finishing it fails.
    set_async_commit(session)
    return claim_job(
        session,
        job_id,
        database_time(session),
        task_id=message.task_id,
        worker=message.worker,
        lease_seconds=get_settings().job_lease_seconds,
        redelivered=message.redelivered,
        queue=message.queue,
    )


def _attempt(job: ClaimedJob, work: Callable[[ClaimedJob], JobResult], started: float) -> None:
    try:
        with _renewing(job):
            result = work(job)
    except LeaseLost as lost:
        log.warning("job_lease_lost", took_ms=_elapsed_ms(started), message=str(lost))
    except JobFailed as failure:
        _record_failure(job, failure, started)
    except JobPostponed as postponed:
        _postpone(job, postponed, started)
    except SystemExit:  # the worker shuts down, and its grace period is over
        _release(job, started)
        raise
    except SoftTimeLimitExceeded:
        _record_failure(job, JobFailed("time_limit", "the work took too long"), started)
    except Exception as error:
        if is_unavailable(error):
            _log_not_saved(error, took_ms=_elapsed_ms(started))
            return
        log.exception("job_crashed", took_ms=_elapsed_ms(started))
        _record_failure(job, JobFailed("crashed", summarize_error(error)), started)
    else:
        log.info(
            "job_done",
            stage=job.stage.value,
            outcome=result.outcome.value,
            reason=result.reason,
            took_ms=_elapsed_ms(started),
            **result.figures,
        )


def _cool_down(job: ClaimedJob, seconds: float) -> None:
    """Let other podcasts go before the podcast of a long job."""
    if not is_long(job, seconds):
        return
    try:
        in_transaction(record_cooldown, job, seconds)
    except Exception as error:  # noqa: BLE001  raised again, unless the database is unavailable
        _log_not_saved(error, took_ms=round(seconds * 1000))


def _release(job: ClaimedJob, started: float) -> None:
    try:
        released = in_transaction(lambda session: release_job(session, job, database_time(session)))
    except Exception as error:  # noqa: BLE001  as above
        _log_not_saved(error)
        return
    if released:
        log.info("job_released", reason="worker_shutdown", took_ms=_elapsed_ms(started))


def _postpone(job: ClaimedJob, postponed: JobPostponed, started: float) -> None:
    try:
        released = in_transaction(_released_until, job, postponed)
    except Exception as error:  # noqa: BLE001  as above
        _log_not_saved(error)
        return
    if released:
        log.info("job_postponed", reason=postponed.reason, took_ms=_elapsed_ms(started))


def _released_until(session: Session, job: ClaimedJob, postponed: JobPostponed) -> bool:
    now = database_time(session)
    until = now + timedelta(seconds=postponed.seconds)
    return release_job(session, job, now, reason=postponed.reason, until=until)


def _renewing(job: ClaimedJob) -> AbstractContextManager[None]:
    seconds = get_settings().job_lease_seconds
    return renewing_lease(
        lambda session: renew_lease(session, job, database_time(session), seconds), seconds
    )


def _record_failure(job: ClaimedJob, failure: JobFailed, started: float) -> None:
    try:
        after = in_transaction(_fail, job, failure)
    except LeaseLost as lost:
        log.warning("job_lease_lost", message=str(lost))
        return
    except Exception as error:  # noqa: BLE001  as above
        _log_not_saved(error)
        return
    event = log.error if after.state == "dead" else log.warning
    event(
        "job_dead" if after.state == "dead" else "job_failed",
        reason=failure.reason,
        message=str(failure),
        attempts=job.attempts + 1,
        retry_at=after.retry_at.isoformat() if after.retry_at else "",
        took_ms=_elapsed_ms(started),
    )


def _fail(session: Session, job: ClaimedJob, failure: JobFailed) -> JobDisposition:
    return fail_job(session, job, database_time(session), failure, retry_policy(get_settings()))


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
