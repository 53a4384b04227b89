"""Jobs in the database: requested, claimed, renewed, finished, failed, found lost."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlmodel import Session

from models import Outcome, Settings, Stage
from models.database.sql import execute, rows, statement
from models.tables.job import KINDS_OF_PERSONS
from tasks.jobs.correlation import correlation_id
from tasks.jobs.values import ClaimedJob, JobFailed, LeaseLost, RetryPolicy

# So often a killed worker costs a job no time. After that its message is not believed, the lease
# runs out and the sweeper decides: a job that kills its worker would come back at once, for ever.
_FREE_LOSSES = 3

LIVE_PRIORITY = 5
REINGEST_PRIORITY = 8

# The stages in their order, which SQL does not know: the place of a stage here is its rank.
_STAGES = "ARRAY[" + ", ".join(f"'{stage.value}'" for stage in Stage) + "]"


def _earlier(one: str, other: str) -> str:
    """SQL for the earlier of two stages."""
    ranks = (f"array_position({_STAGES}, CAST({stage} AS text))" for stage in (one, other))
    return f"({_STAGES})[least({', '.join(ranks)})]"


# A second request for the same work widens the waiting one to the earlier stage and takes it up
# at once.
_REQUEST = text(f"""
    INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses, republished,
                     run_after, created_at, request_id, correlation_id)
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
""")  # noqa: S608  the stages are ours

# What a line says of a job: the podcast of its episode, and what it follows from.
_CLAIMED_ROW = """
    job.id, job.kind, job.subject, job.stage, job.force, job.attempts, job.worker_losses,
    job.lease_token, job.request_id, coalesce(job.request_id, job.correlation_id) AS correlation_id,
    CASE WHEN job.kind <> ALL(:of_persons)
        THEN (SELECT podcast_id FROM episode WHERE episode.id = job.subject) END AS podcast_id
"""
# A message that comes while an operator has its queue or its request paused has served: the row
# is sent again when they resume. Live work is never held up by a paused request that joined it.
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
        OR (state = 'running' AND task_id = :task_id AND :redelivered AND worker_losses < :takeovers))
    RETURNING {_CLAIMED_ROW}
""")  # noqa: S608  constants of ours
# The message came while another job of the same subject was at work: publish again later.
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
_GIVE_BACK = text("""
    UPDATE job SET state = :state, outcome = 'failed', reason = 'worker_shutdown', message = '',
        run_after = :now, finished_at = :now,
        published_at = NULL, task_id = NULL, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id AND lease_token = :token AND state = 'running'
""")
_WAITING_SIBLING = text(f"""
    UPDATE job SET stage = {_earlier("stage", ":stage")}, force = force OR :force
    WHERE kind = :kind AND subject = :subject AND state = 'waiting' RETURNING id
""")  # noqa: S608  as above
_LOST = text(f"""
    SELECT {_CLAIMED_ROW} FROM job
    WHERE state = 'running' AND lease_expires_at < :now ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")  # noqa: S608  as above
_LOSE = text("""
    UPDATE job SET state = :state, outcome = :outcome, reason = 'worker_lost', message = :message,
        worker_losses = worker_losses + 1, run_after = :run_after, finished_at = :now,
        published_at = NULL, task_id = NULL, lease_token = NULL, lease_expires_at = NULL
    WHERE id = :id
""")
# Only the latest job of a subject: whatever became of an older one, it has been asked for since.
_RETRY = """
    UPDATE job SET state = 'waiting', attempts = 0, worker_losses = 0, run_after = :now,
        published_at = NULL, task_id = NULL
    WHERE {chosen} AND (state = 'dead' OR (state = 'waiting' AND attempts + worker_losses > 0))
        AND NOT EXISTS (SELECT FROM job l WHERE l.kind = job.kind AND l.subject = job.subject
            AND l.id > job.id)
    RETURNING id
"""
_FORGET = text("""
    WITH forgotten AS MATERIALIZED (
        SELECT id FROM job j WHERE state = 'done' AND finished_at < :before AND EXISTS (
            SELECT FROM job l WHERE l.kind = j.kind AND l.subject = j.subject AND l.id > j.id)
        LIMIT 5000)
    DELETE FROM job USING forgotten WHERE job.id = forgotten.id
""")


def retry_policy(settings: Settings) -> RetryPolicy:
    """The policy that the settings describe."""
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
    """Make a waiting job for each subject that has none; the ids of those that wait now."""
    if not subjects:
        return []
    asked = {
        "kind": kind,
        "subjects": sorted(set(subjects)),
        "stage": stage.value,
        "force": force,
        "priority": priority,
        "now": now,
        "request_id": request_id,
        "correlation_id": correlation_id(),
    }
    return list(session.connection().execute(_REQUEST, asked).scalars())


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
    """Take the job, if it waits; or take it over, if the broker gives us back our own message.

    ``queue`` is where the message came from. None: the job is done, dead, delayed, paused, lost
    too often to be taken over, or somebody is at it; the message was a hint and has served.
    """
    asked = {
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
    for row in rows(session, _CLAIM, asked):
        return _claimed(row._asdict())
    execute(session, _UNPUBLISH, {"id": job_id, "task_id": task_id})
    return None


def _claimed(row: dict[str, Any]) -> ClaimedJob:
    return ClaimedJob(**{**row, "stage": Stage(row["stage"])})


def renew_lease(session: Session, job: ClaimedJob, now: datetime, lease_seconds: float) -> bool:
    """Keep the job for longer; False when it was taken over meanwhile."""
    until = now + timedelta(seconds=lease_seconds)
    asked = {"id": job.id, "token": job.lease_token, "until": until}
    return execute(session, _RENEW, asked) == 1


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
    """Mark the job done, in the transaction of its work.

    Raises:
        LeaseLost: it was taken over; the transaction must be rolled back.
    """
    asked = {
        "id": job.id,
        "token": job.lease_token,
        "now": now,
        "outcome": outcome.value,
        "reason": reason,
        "message": message,
        "figures": Jsonb(figures or {}),
    }
    if execute(session, _FINISH, asked) != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")


@dataclass(frozen=True, slots=True)
class JobDisposition:
    """What a failure or a loss led to: the state, and when it is tried again if it is."""

    state: str
    retry_at: datetime | None


def fail_job(
    session: Session, job: ClaimedJob, now: datetime, failure: JobFailed, policy: RetryPolicy
) -> JobDisposition:
    """Record a failed attempt: tried again later, or dead, or left to a newer request.

    Raises:
        LeaseLost: it was taken over; there is nothing to record.
    """
    after = _after(session, job, now, job.attempts + 1, policy.max_attempts, policy)
    if failure.permanent and after.state == "waiting":
        after = JobDisposition("dead", None)
    asked = {
        "id": job.id,
        "token": job.lease_token,
        "now": now,
        "state": after.state,
        "outcome": "dead" if after.state == "dead" else "failed",
        "reason": failure.reason,
        "message": str(failure)[:2000],
        "run_after": after.retry_at or now,
    }
    if session.connection().execute(_FAIL, asked).rowcount != 1:
        raise LeaseLost(f"job {job.id} was taken over by another worker")
    return after


def release_job(session: Session, job: ClaimedJob, now: datetime) -> bool:
    """Let another worker take the job at once, as if nobody had; False when it is ours no more."""
    asked = {"kind": job.kind, "subject": job.subject, "stage": job.stage.value}
    joined = session.connection().execute(_WAITING_SIBLING, asked | {"force": job.force}).first()
    state = "done" if joined else "waiting"
    given = {"id": job.id, "token": job.lease_token, "now": now, "state": state}
    return session.connection().execute(_GIVE_BACK, given).rowcount == 1


def _after(
    session: Session, job: ClaimedJob, now: datetime, count: int, limit: int, policy: RetryPolicy
) -> JobDisposition:
    """Where a job goes that did not come through for the ``count``-th time."""
    asked = {"kind": job.kind, "subject": job.subject, "stage": job.stage.value}
    if session.connection().execute(_WAITING_SIBLING, asked | {"force": job.force}).first():
        return JobDisposition("done", None)
    if count >= limit:
        return JobDisposition("dead", None)
    return JobDisposition("waiting", now + policy.wait(count, random.random()))  # noqa: S311  jitter


def reclaim_expired_jobs(
    session: Session, now: datetime, policy: RetryPolicy, limit: int = 500
) -> list[tuple[ClaimedJob, JobDisposition]]:
    """Find running jobs whose lease ran out, and send each on its way again.

    The first losses cost no waiting (a killed worker is not the job's fault); later ones do.
    """
    due = {"now": now, "limit": limit, "of_persons": list(KINDS_OF_PERSONS)}
    lost = session.connection().execute(_LOST, due).mappings().all()
    recovered = []
    for job in (_claimed(dict(row)) for row in lost):
        worker_losses = job.worker_losses + 1
        after = _after(session, job, now, worker_losses, policy.max_losses, policy)
        if after.state == "waiting" and worker_losses <= _FREE_LOSSES:
            after = JobDisposition("waiting", now)
        asked = {
            "id": job.id,
            "now": now,
            "state": after.state,
            "outcome": "dead" if after.state == "dead" else "failed",
            "message": f"the worker was lost {worker_losses} times",
            "run_after": after.retry_at or now,
        }
        session.connection().execute(_LOSE, asked)
        recovered.append((job, after))
    return recovered


def retry_jobs(session: Session, now: datetime, job_ids: Sequence[int] | None = None) -> list[int]:
    """Let dead jobs, and those that wait after a failure, begin anew; all of them, or these."""
    chosen = "true" if job_ids is None else "id = ANY(:ids)"
    asked: dict[str, Any] = {"now": now} | ({} if job_ids is None else {"ids": list(job_ids)})
    return list(session.connection().execute(text(_RETRY.format(chosen=chosen)), asked).scalars())


def purge_done_jobs(session: Session, before: datetime) -> int:
    """Delete records of work finished long ago, except the latest of each subject."""
    return session.connection().execute(_FORGET, {"before": before}).rowcount
