"""Jobs in the database: request, claim, renew, finish, fail, reclaim, retry, purge."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import Update, update
from sqlmodel import col

from models import Job, JobState, Outcome, Settings, Stage
from models.database import Session
from models.database.row_columns import any_of
from models.database.sql import execute, fetch_all, fetch_one, fetch_values
from models.queries.jobs import has_reason, is_failed, is_replaced
from models.tables.job import KINDS_OF_PERSONS
from tasks.jobs.correlation import correlation_id
from tasks.jobs.fair_share import must_wait
from tasks.jobs.values import ClaimedJob, JobFailed, LeaseLost, RetryPolicy

# This many losses of its worker cost a job no waiting. After that a redelivered message is ignored,
# the lease expires and the sweeper decides: a job that kills its worker would loop for ever.
_FREE_LOSSES = 3

LIVE_PRIORITY = 5
REINGEST_PRIORITY = 8

# The stages in their order, which SQL does not know: the position of a stage is its rank.
_STAGES = "ARRAY[" + ", ".join(f"'{stage.value}'" for stage in Stage) + "]"


def _earlier(first: str, second: str) -> str:
    """Return SQL for the earlier of two stages."""
    ranks = (f"array_position({_STAGES}, CAST({stage} AS text))" for stage in (first, second))
    return f"({_STAGES})[least({', '.join(ranks)})]"


# A second request for the same subject moves the waiting job to the earlier stage and makes it due
# now.
_REQUEST = f"""
    INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,
                     republished, run_after, created_at, request_id, correlation_id)
    SELECT :kind, subject, :stage, :force, :priority, 'waiting', 0, 0, 0, :now, :now, :request_id,
           :correlation_id
    FROM unnest(CAST(:subjects AS bigint[])) AS subject ORDER BY subject
    ON CONFLICT (kind, subject) WHERE state = 'waiting' DO UPDATE
    SET stage = {_earlier("job.stage", "excluded.stage")},
        force = job.force OR excluded.force,
        priority = least(job.priority, excluded.priority), run_after = excluded.run_after,
        request_id = coalesce(excluded.request_id, job.request_id),
        correlation_id = coalesce(excluded.correlation_id, job.correlation_id), attempts = 0,
        published_at = CASE WHEN job.run_after > excluded.run_after THEN NULL
                       ELSE job.published_at END
    RETURNING id
"""  # noqa: S608  built from constants

# With the podcast of the job's episode and its correlation id, for log lines.
_CLAIMED_ROW = """
    job.id, job.kind, job.subject, job.stage, job.force, job.attempts, job.worker_losses,
    job.lease_token, job.request_id, coalesce(job.request_id, job.correlation_id) AS correlation_id,
    CASE WHEN job.kind <> ALL(:of_persons)
        THEN (SELECT podcast_id FROM episode WHERE episode.id = job.subject) END AS podcast_id
"""
# A message that arrives while its queue or its re-ingest request is paused is used up: the row is
# published again after they resume. A paused request never delays live work that joined it.
_CLAIM = f"""
    UPDATE job SET state = 'running', lease_token = :token, lease_expires_at = :until,
        worker_losses = worker_losses + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
        task_id = :task_id, worker = :worker, started_at = :now, finished_at = NULL
    WHERE id = :id AND (
        (state = 'waiting' AND run_after <= :now
            AND NOT EXISTS (SELECT FROM job r WHERE r.kind = job.kind AND r.subject = job.subject
                AND r.state = 'running')
            AND NOT EXISTS (SELECT FROM queue_pause q
                WHERE q.name = :queue AND q.state = 'paused')
            AND (priority <= :live OR NOT EXISTS (SELECT FROM reingest_request q
                WHERE q.id = job.request_id AND q.state = 'paused'))
            AND NOT ({must_wait("job", "job.priority")}))
        OR (state = 'running' AND task_id = :task_id AND :redelivered
            AND worker_losses < :takeovers))
    RETURNING {_CLAIMED_ROW}
"""  # noqa: S608  built from constants
_FINISH = """
    UPDATE job SET state = 'done', outcome = :outcome, reason = :reason, message = :message,
        figures = :figures, finished_at = :now, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id AND lease_token = :token AND state = 'running'
"""
_WAITING_SIBLING = f"""
    UPDATE job SET stage = {_earlier("stage", ":stage")}, force = force OR :force
    WHERE kind = :kind AND subject = :subject AND state = 'waiting' RETURNING id
"""  # noqa: S608  built from constants
_EXPIRED = f"""
    SELECT {_CLAIMED_ROW} FROM job
    WHERE state = 'running' AND (lease_expires_at < :now OR lease_expires_at IS NULL)
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
"""  # noqa: S608  built from constants
# A dead job needs a human no more when its subject was requested again.
_CLOSE_REPLACED = """
    UPDATE job SET state = 'done' WHERE state = 'dead' AND EXISTS (
        SELECT FROM job l WHERE l.kind = job.kind AND l.subject = job.subject AND l.id > job.id)
"""
_OF_SUBJECTS = " AND kind = :kind AND subject = ANY(:subjects)"
_PURGE = """
    WITH purged AS MATERIALIZED (
        SELECT id FROM job j WHERE state = 'done' AND finished_at < :before AND EXISTS (
            SELECT FROM job l WHERE l.kind = j.kind AND l.subject = j.subject AND l.id > j.id)
        LIMIT 5000)
    DELETE FROM job USING purged WHERE job.id = purged.id
"""


def retry_policy(settings: Settings) -> RetryPolicy:
    """Return the retry policy of the settings."""
    return RetryPolicy(
        settings.job_max_attempts,
        settings.job_max_worker_losses,
        settings.job_retry_seconds,
        settings.job_retry_max_seconds,
    )


def request_jobs(
    session: Session,
    kind: str,
    subjects: Sequence[int],
    now: datetime,
    *,
    stage: Stage = Stage.fetch,
    force: bool = False,
    priority: int = LIVE_PRIORITY,
    request_id: str | None = None,
) -> list[int]:
    """Create a waiting job for each subject, or widen the one that waits; return their ids.

    A job that waits already gets the earlier stage and the higher urgency of both requests. A dead
    job of the subject is closed: the new one takes its place.
    """
    if not subjects:
        return []
    params = {
        "kind": kind,
        "subjects": sorted(set(subjects)),
        "stage": stage.value,
        "force": force,
        "priority": priority,
        "now": now,
        "request_id": request_id,
        "correlation_id": correlation_id(),
    }
    requested = fetch_values(session, _REQUEST, params)
    execute(session, _CLOSE_REPLACED + _OF_SUBJECTS, params)
    return requested


def close_replaced_jobs(session: Session) -> int:
    """Close dead jobs whose subject has a later job, so that one subject has one dead job.

    Returns how many: those that died while the later one was requested.
    """
    return execute(session, _CLOSE_REPLACED)


def claim_job(
    session: Session,
    job_id: int,
    now: datetime,
    *,
    task_id: str,
    worker: str,
    lease_seconds: float,
    redelivered: bool,
    queue: str = "",
) -> ClaimedJob | None:
    """Claim a waiting job, or take over a running one whose own message was redelivered.

    ``queue`` is the queue of the message. Returns None when the job is done, dead, delayed, paused,
    running elsewhere, or was lost too often to be taken over; the message is then used up.
    """
    params = {
        "id": job_id,
        "task_id": task_id,
        "worker": worker,
        "now": now,
        "until": now + timedelta(seconds=lease_seconds),
        "token": uuid4(),
        "redelivered": redelivered,
        "takeovers": _FREE_LOSSES,
        "queue": queue,
        "live": LIVE_PRIORITY,
        "of_persons": list(KINDS_OF_PERSONS),
    }
    if (claimed := fetch_one(session, _CLAIM, ClaimedJob, params)) is None:
        # Another job of the same subject may be running: then it is published again later.
        of_message = update(Job).where(
            col(Job.id) == job_id, col(Job.state) == JobState.waiting, col(Job.task_id) == task_id
        )
        execute(session, of_message.values(published_at=None))
    return claimed


def renew_lease(session: Session, job: ClaimedJob, now: datetime, lease_seconds: float) -> bool:
    """Extend the lease of a job; return False when another worker has taken it over."""
    until = now + timedelta(seconds=lease_seconds)
    return execute(session, _leased(job).values(lease_expires_at=until)) == 1


def _leased(job: ClaimedJob) -> Update:
    """An update of a job that only the process with its lease may make."""
    return update(Job).where(
        col(Job.id) == job.id,
        col(Job.lease_token) == job.lease_token,
        col(Job.state) == JobState.running,
    )


def finish_job(
    session: Session,
    job: ClaimedJob,
    now: datetime,
    outcome: Outcome,
    *,
    reason: str = "",
    message: str = "",
    figures: dict[str, Any] | None = None,
) -> None:
    """Mark a job as done, in the transaction of its work.

    Raises:
        LeaseLost: another worker has taken it over; the transaction must be rolled back.
    """
    params = {
        "id": job.id,
        "token": job.lease_token,
        "now": now,
        "outcome": outcome.value,
        "reason": reason,
        "message": message,
        "figures": Jsonb(figures or {}),
    }
    if execute(session, _FINISH, params) != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")


@dataclass(frozen=True, slots=True)
class JobDisposition:
    """The state of a job after a failure or a loss, and when it is retried, if it is."""

    state: JobState
    retry_at: datetime | None


def fail_job(
    session: Session, job: ClaimedJob, now: datetime, failure: JobFailed, policy: RetryPolicy
) -> JobDisposition:
    """Record a failed attempt: the job is retried later, dead, or left to a newer request.

    Raises:
        LeaseLost: another worker has taken it over; nothing is recorded.
    """
    after = _after(session, job, now, job.attempts + 1, policy.max_attempts, policy)
    if failure.permanent and after.state == JobState.waiting:
        after = JobDisposition(JobState.dead, None)
    ended = _ended_attempt(_leased(job), now, after, failure.reason, str(failure)[:2000])
    if execute(session, ended.values(attempts=col(Job.attempts) + 1)) != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")
    return after


def _ended_attempt(
    of_job: Update, now: datetime, after: JobDisposition, reason: str, message: str
) -> Update:
    """The update that records an attempt without a result, and gives up its message and lease."""
    outcome = Outcome.dead if after.state == JobState.dead else Outcome.failed
    return of_job.values(
        state=after.state,
        outcome=outcome,
        reason=reason,
        message=message,
        run_after=after.retry_at or now,
        finished_at=now,
        published_at=None,
        task_id=None,
        lease_token=None,
        lease_expires_at=None,
    )


def release_job(
    session: Session,
    job: ClaimedJob,
    now: datetime,
    *,
    reason: str = "worker_shutdown",
    until: datetime | None = None,
) -> bool:
    """Return a job to waiting without counting an attempt; False when the lease was lost."""
    state = JobState.done if _joined_waiting_job(session, job) else JobState.waiting
    after = JobDisposition(state, until)
    ended = _ended_attempt(_leased(job), now, after, reason=reason, message="")
    return execute(session, ended.values(outcome=Outcome.skipped) if until else ended) == 1


def reach_stage(session: Session, job: ClaimedJob, stage: Stage) -> None:
    """Record the stage that a long job has reached, in the transaction of its checkpoint.

    Raises:
        LeaseLost: another worker has taken it over; the transaction must be rolled back.
    """
    if execute(session, _leased(job).values(stage=stage)) != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")


def _joined_waiting_job(session: Session, job: ClaimedJob) -> bool:
    """Whether a newer job of the same subject waits; if so, it does this one's work too."""
    params = {"kind": job.kind, "subject": job.subject, "stage": job.stage, "force": job.force}
    return execute(session, _WAITING_SIBLING, params) > 0


def _after(
    session: Session, job: ClaimedJob, now: datetime, count: int, limit: int, policy: RetryPolicy
) -> JobDisposition:
    """Decide the state of a job after its ``count``-th failure or loss."""
    if _joined_waiting_job(session, job):
        return JobDisposition(JobState.done, None)
    if count >= limit:
        return JobDisposition(JobState.dead, None)
    return JobDisposition(JobState.waiting, now + policy.wait(count, random.random()))  # noqa: S311  jitter


def reclaim_expired_jobs(
    session: Session, now: datetime, policy: RetryPolicy, limit: int = 500
) -> list[tuple[ClaimedJob, JobDisposition]]:
    """Reclaim running jobs whose lease has expired, because their worker was lost.

    The first losses cost no waiting (a killed worker is not the job's fault); later ones do.
    """
    params = {"now": now, "limit": limit, "of_persons": list(KINDS_OF_PERSONS)}
    reclaimed = []
    for job in fetch_all(session, _EXPIRED, ClaimedJob, params):
        losses = job.worker_losses + 1
        after = _after(session, job, now, losses, policy.max_losses, policy)
        if after.state == JobState.waiting and losses <= _FREE_LOSSES:
            after = JobDisposition(JobState.waiting, now)
        message = f"the worker was lost {losses} times"
        of_job = update(Job).where(col(Job.id) == job.id)
        lost = _ended_attempt(of_job, now, after, reason="worker_lost", message=message)
        execute(session, lost.values(worker_losses=losses))
        reclaimed.append((job, after))
    return reclaimed


def retry_jobs(
    session: Session,
    now: datetime,
    job_ids: Sequence[int] | None = None,
    *,
    reason: str | None = None,
) -> list[int]:
    """Reset dead jobs and jobs that wait after a failure, or all of these that wait or are dead.

    With a reason, only failed jobs that have it. Returns their ids.
    """
    jobs = update(Job).where(~is_replaced())
    if job_ids is None:
        chosen = jobs.where(is_failed(), *([has_reason(reason)] if reason else []))
    else:
        unfinished = col(Job.state).in_((JobState.waiting, JobState.dead))
        chosen = jobs.where(col(Job.id) == any_of(job_ids), unfinished)
    reset = chosen.values(
        state=JobState.waiting,
        attempts=0,
        worker_losses=0,
        run_after=now,
        published_at=None,
        task_id=None,
    )
    return fetch_values(session, reset.returning(col(Job.id)))


def purge_done_jobs(session: Session, before: datetime) -> int:
    """Delete jobs that were done before this time, except the latest of each subject."""
    return execute(session, _PURGE, {"before": before})
