"""Jobs in the database: request, claim, renew, finish, fail, reclaim, retry, purge."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import text

from models import Outcome, Settings, Stage
from models.database import Session
from models.database.sql import execute, rows, statement
from models.tables.job import KINDS_OF_PERSONS
from tasks.jobs.correlation import correlation_id
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
_REQUEST = text(f"""
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
""")  # noqa: S608  built from constants

# With the podcast of the job's episode and its correlation id, for log lines.
_CLAIMED_ROW = """
    job.id, job.kind, job.subject, job.stage, job.force, job.attempts, job.worker_losses,
    job.lease_token, job.request_id, coalesce(job.request_id, job.correlation_id) AS correlation_id,
    CASE WHEN job.kind <> ALL(:of_persons)
        THEN (SELECT podcast_id FROM episode WHERE episode.id = job.subject) END AS podcast_id
"""
# A message that arrives while its queue or its re-ingest request is paused is used up: the row is
# published again after they resume. A paused request never delays live work that joined it.
_CLAIM = statement(f"""
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
                WHERE q.id = job.request_id AND q.state = 'paused')))
        OR (state = 'running' AND task_id = :task_id AND :redelivered
            AND worker_losses < :takeovers))
    RETURNING {_CLAIMED_ROW}
""")  # noqa: S608  built from constants
# The message arrived while another job of the same subject was running: publish it again later.
_UNPUBLISH = statement(
    "UPDATE job SET published_at = NULL WHERE id = :id AND state = 'waiting' AND task_id = :task_id"
)
_RENEW = statement(
    "UPDATE job SET lease_expires_at = :until WHERE id = :id AND lease_token = :token "
    "AND state = 'running'"
)
_FINISH = statement("""
    UPDATE job SET state = 'done', outcome = :outcome, reason = :reason, message = :message,
        figures = :figures, finished_at = :now, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id AND lease_token = :token AND state = 'running'
""")
_FAIL = text("""
    UPDATE job SET state = :state, outcome = :outcome, reason = :reason, message = :message,
        attempts = attempts + 1, run_after = :run_after, finished_at = :now,
        published_at = NULL, task_id = NULL, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id AND lease_token = :token AND state = 'running'
""")
_RELEASE = text("""
    UPDATE job SET state = :state, outcome = 'failed', reason = 'worker_shutdown', message = '',
        run_after = :now, finished_at = :now,
        published_at = NULL, task_id = NULL, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id AND lease_token = :token AND state = 'running'
""")
_WAITING_SIBLING = text(f"""
    UPDATE job SET stage = {_earlier("stage", ":stage")}, force = force OR :force
    WHERE kind = :kind AND subject = :subject AND state = 'waiting' RETURNING id
""")  # noqa: S608  built from constants
_EXPIRED = text(f"""
    SELECT {_CLAIMED_ROW} FROM job
    WHERE state = 'running' AND lease_expires_at < :now
    ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")  # noqa: S608  built from constants
_RECORD_LOSS = text("""
    UPDATE job SET state = :state, outcome = :outcome, reason = 'worker_lost', message = :message,
        worker_losses = worker_losses + 1, run_after = :run_after, finished_at = :now,
        published_at = NULL, task_id = NULL, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id
""")
# Only the latest job of a subject: whatever the state of an older one, it was requested again.
_RETRY = """
    UPDATE job SET state = 'waiting', attempts = 0, worker_losses = 0, run_after = :now,
        published_at = NULL, task_id = NULL
    WHERE {chosen} AND (state = 'dead' OR (state = 'waiting' AND attempts + worker_losses > 0))
        AND NOT EXISTS (SELECT FROM job l WHERE l.kind = job.kind AND l.subject = job.subject
            AND l.id > job.id)
    RETURNING id
"""
_PURGE = text("""
    WITH purged AS MATERIALIZED (
        SELECT id FROM job j WHERE state = 'done' AND finished_at < :before AND EXISTS (
            SELECT FROM job l WHERE l.kind = j.kind AND l.subject = j.subject AND l.id > j.id)
        LIMIT 5000)
    DELETE FROM job USING purged WHERE job.id = purged.id
""")


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

    A job that waits already gets the earlier stage and the higher urgency of both requests.
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
    return list(session.connection().execute(_REQUEST, params).scalars())


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
    for row in rows(session, _CLAIM, params):
        return _claimed(row._asdict())
    execute(session, _UNPUBLISH, {"id": job_id, "task_id": task_id})
    return None


def _claimed(row: dict[str, Any]) -> ClaimedJob:
    return ClaimedJob(**{**row, "stage": Stage(row["stage"])})


def renew_lease(session: Session, job: ClaimedJob, now: datetime, lease_seconds: float) -> bool:
    """Extend the lease of a job; return False when another worker has taken it over."""
    until = now + timedelta(seconds=lease_seconds)
    params = {"id": job.id, "token": job.lease_token, "until": until}
    return execute(session, _RENEW, params) == 1


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

    state: str
    retry_at: datetime | None


def fail_job(
    session: Session, job: ClaimedJob, now: datetime, failure: JobFailed, policy: RetryPolicy
) -> JobDisposition:
    """Record a failed attempt: the job is retried later, dead, or left to a newer request.

    Raises:
        LeaseLost: another worker has taken it over; nothing is recorded.
    """
    after = _after(session, job, now, job.attempts + 1, policy.max_attempts, policy)
    if failure.permanent and after.state == "waiting":
        after = JobDisposition("dead", None)
    params = {
        "id": job.id,
        "token": job.lease_token,
        "now": now,
        "state": after.state,
        "outcome": "dead" if after.state == "dead" else "failed",
        "reason": failure.reason,
        "message": str(failure)[:2000],
        "run_after": after.retry_at or now,
    }
    if session.connection().execute(_FAIL, params).rowcount != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")
    return after


def release_job(session: Session, job: ClaimedJob, now: datetime) -> bool:
    """Return a job to waiting without counting an attempt; False when the lease was lost."""
    params = {"kind": job.kind, "subject": job.subject, "stage": job.stage.value}
    joined = session.connection().execute(_WAITING_SIBLING, params | {"force": job.force}).first()
    state = "done" if joined else "waiting"
    params = {"id": job.id, "token": job.lease_token, "now": now, "state": state}
    return session.connection().execute(_RELEASE, params).rowcount == 1


def _after(
    session: Session, job: ClaimedJob, now: datetime, count: int, limit: int, policy: RetryPolicy
) -> JobDisposition:
    """Decide the state of a job after its ``count``-th failure or loss."""
    params = {"kind": job.kind, "subject": job.subject, "stage": job.stage.value}
    if session.connection().execute(_WAITING_SIBLING, params | {"force": job.force}).first():
        return JobDisposition("done", None)
    if count >= limit:
        return JobDisposition("dead", None)
    return JobDisposition("waiting", now + policy.wait(count, random.random()))  # noqa: S311  jitter


def reclaim_expired_jobs(
    session: Session, now: datetime, policy: RetryPolicy, limit: int = 500
) -> list[tuple[ClaimedJob, JobDisposition]]:
    """Reclaim running jobs whose lease has expired, because their worker was lost.

    The first losses cost no waiting (a killed worker is not the job's fault); later ones do.
    """
    params = {"now": now, "limit": limit, "of_persons": list(KINDS_OF_PERSONS)}
    expired = session.connection().execute(_EXPIRED, params).mappings().all()
    reclaimed = []
    for job in (_claimed(dict(row)) for row in expired):
        worker_losses = job.worker_losses + 1
        after = _after(session, job, now, worker_losses, policy.max_losses, policy)
        if after.state == "waiting" and worker_losses <= _FREE_LOSSES:
            after = JobDisposition("waiting", now)
        params = {
            "id": job.id,
            "now": now,
            "state": after.state,
            "outcome": "dead" if after.state == "dead" else "failed",
            "message": f"the worker was lost {worker_losses} times",
            "run_after": after.retry_at or now,
        }
        session.connection().execute(_RECORD_LOSS, params)
        reclaimed.append((job, after))
    return reclaimed


def retry_jobs(session: Session, now: datetime, job_ids: Sequence[int] | None = None) -> list[int]:
    """Reset dead jobs and jobs that wait after a failure, all or these; return their ids."""
    chosen = "true" if job_ids is None else "id = ANY(:ids)"
    params: dict[str, Any] = {"now": now} | ({} if job_ids is None else {"ids": list(job_ids)})
    return list(session.connection().execute(text(_RETRY.format(chosen=chosen)), params).scalars())


def purge_done_jobs(session: Session, before: datetime) -> int:
    """Delete jobs that were done before this time, except the latest of each subject."""
    return session.connection().execute(_PURGE, {"before": before}).rowcount
