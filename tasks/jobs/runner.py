"""Runs a job from its message: claims the row, does the work, records whatever comes of it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from models import Outcome, get_settings
from models.database import (
    database_time,
    in_transaction,
    is_unavailable,
    set_async_commit,
    summarize_error,
)
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
from tasks.jobs.values import ClaimedJob, JobFailed, LeaseLost

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Message:
    """The message that asked for a job: its id, who got it, whether the broker sent it again."""

    task_id: str
    worker: str
    redelivered: bool = False
    queue: str = ""

    @classmethod
    def of(cls, request: Any) -> "Message":
        """From a bound Celery task's request."""
        delivery = request.delivery_info or {}
        return cls(
            request.id,
            request.hostname or "",
            bool(delivery.get("redelivered")),
            delivery.get("routing_key") or "",
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job came to; the figures go to its row and its log line."""

    outcome: Outcome
    reason: str = ""
    message: str = ""
    figures: dict[str, Any] = field(default_factory=dict)

    def finish(self, session: Session, job: ClaimedJob, now: datetime) -> None:
        """Record it in the transaction of the work (LeaseLost rolls both back)."""
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
    """Do the work of a job, once, if its row is there to be taken.

    ``work`` commits its own result; everything that it raises becomes a row and a log line here.
    """
    try:
        job = in_transaction(_claim, job_id, message)
    except Exception as error:  # noqa: BLE001  raised again, unless the database is away
        _say_unrecorded(error, job_id=job_id)
        return
    if job is None:
        log.debug("job_message_ignored", job_id=job_id, task_id=message.task_id)
        return
    about = job.about | {"task_id": message.task_id}
    with structlog.contextvars.bound_contextvars(**about):
        started = time.monotonic()
        _attempt(job, work, started)


def _say_unrecorded(error: Exception, **about: Any) -> None:
    """Nothing can be recorded now: the lease runs out, and the sweeper finds the row.

    Anything but a database that is away is a bug, and goes on to Celery.
    """
    if not is_unavailable(error):
        raise error
    log.error("job_result_not_saved", **about, message=summarize_error(error))


def _claim(session: Session, job_id: int, message: Message) -> ClaimedJob | None:
    """A claim that is lost with the database leaves the job waiting; its end finds that out."""
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
        with _lease_kept(job):
            result = work(job)
    except LeaseLost as lost:
        log.warning("job_lease_lost", took_ms=_since(started), message=str(lost))
    except JobFailed as failure:
        _record_failure(job, failure, started)
    except SystemExit:  # the worker was asked to end, and waited for us long enough
        _give_back(job, started)
        raise
    except SoftTimeLimitExceeded:
        _record_failure(job, JobFailed("time_limit", "the work took too long"), started)
    except Exception as error:
        if is_unavailable(error):
            _say_unrecorded(error, took_ms=_since(started))
            return
        log.exception("job_crashed", took_ms=_since(started))
        _record_failure(job, JobFailed("crashed", summarize_error(error)), started)
    else:
        log.info(
            "job_done",
            stage=job.stage.value,
            outcome=result.outcome.value,
            reason=result.reason,
            took_ms=_since(started),
            **result.figures,
        )


def _give_back(job: ClaimedJob, started: float) -> None:
    try:
        given = in_transaction(lambda session: release_job(session, job, database_time(session)))
    except Exception as error:  # noqa: BLE001  as above
        _say_unrecorded(error)
        return
    if given:
        log.info("job_released", reason="worker_shutdown", took_ms=_since(started))


def _lease_kept(job: ClaimedJob) -> AbstractContextManager[None]:
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
        _say_unrecorded(error)
        return
    event = log.error if after.state == "dead" else log.warning
    event(
        "job_dead" if after.state == "dead" else "job_failed",
        reason=failure.reason,
        message=str(failure),
        attempts=job.attempts + 1,
        retry_at=after.retry_at.isoformat() if after.retry_at else "",
        took_ms=_since(started),
    )


def _fail(session: Session, job: ClaimedJob, failure: JobFailed) -> JobDisposition:
    return fail_job(session, job, database_time(session), failure, retry_policy(get_settings()))


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
