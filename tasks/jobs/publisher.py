"""Publish waiting jobs: one message for each row, up to the watermark of its queue."""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from celery import Celery, current_app
from sqlalchemy import update
from sqlmodel import col

from models import Job, JobState, get_settings
from models.database import Session, database_time, in_transaction
from models.database.row_columns import any_of
from models.database.sql import execute, fetch_all
from tasks.jobs.broker import BrokerUnavailable, broker_errors, queue_length
from tasks.jobs.correlation import HEADER
from tasks.jobs.fair_share import must_wait
from tasks.jobs.queue_state import paused_queues
from tasks.jobs.store import LIVE_PRIORITY

# The task and the queue of each kind of job.
TASK_BY_KIND = {
    "parse": ("overheard.ingest.parse_episode", "parse"),
    "count": ("overheard.counts.recompute_person", "parse"),
    "transcribe": ("overheard.speech.transcribe_episode", "transcribe"),
}

# Background work fills only this share of the watermark, so that live work always finds room.
BACKGROUND_SHARE = 0.8

# The lowest and the highest priority of a message. Valkey delivers the lowest number first,
# RabbitMQ the highest.
_PRIORITY_RANGE = (0, 9)

# When the queue is empty, a message that no worker took within this time is lost.
_LOST_AFTER_SECONDS = 10

# A materialized CTE chooses the rows: the planner may run a subquery again for each row, and LIMIT
# with SKIP LOCKED then chooses other rows each time, and all of them in the end.
_MARK_PUBLISHED = f"""
    WITH chosen AS MATERIALIZED (
        SELECT j.id FROM job j
        WHERE j.kind = :kind AND j.state = 'waiting' AND j.published_at IS NULL
            AND j.run_after <= :now AND j.priority BETWEEN :lowest AND :highest
            AND (j.priority <= :live OR NOT EXISTS (SELECT FROM reingest_request q
                WHERE q.id = j.request_id AND q.state = 'paused'))
            AND NOT EXISTS (SELECT FROM job r
                WHERE r.kind = j.kind AND r.subject = j.subject AND r.state = 'running')
            AND NOT ({must_wait("j", ":highest")})
        ORDER BY j.priority, j.id LIMIT :capacity FOR UPDATE SKIP LOCKED)
    UPDATE job SET published_at = :now, task_id = gen_random_uuid()::text
    FROM chosen WHERE job.id = chosen.id
    RETURNING job.id, task_id, priority, coalesce(request_id, correlation_id) AS correlation_id
"""  # noqa: S608  built from constants

# A worker sends more jobs when its queue has fewer messages than this share of the watermark.
_LOW_SHARE = 0.5
_REFILL_SECONDS = 1.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class PublishedJob:
    """A job whose message is about to be sent."""

    id: int
    task_id: str
    priority: int
    correlation_id: str | None


def publish_waiting_jobs(app: Celery | None = None) -> int:
    """Publish waiting jobs of every kind up to their queue's watermark; return the number.

    Paused and draining queues get nothing. An unavailable broker is logged and not raised: the
    sweeper publishes again.
    """
    app = app or current_app
    try:
        paused = in_transaction(paused_queues)
        return sum(
            _publish(app, kind, task, queue)
            for kind, (task, queue) in TASK_BY_KIND.items()
            if queue not in paused
        )
    except BrokerUnavailable as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))
        return 0


class _Refill:
    """When this process last refilled its queue: it does so once a second at most."""

    def __init__(self) -> None:
        self._at = float("-inf")

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._at + _REFILL_SECONDS:
            return False
        self._at = now
        return True


_REFILL = _Refill()


def refill_queue(queue: str, app: Celery | None = None) -> None:
    """Publish waiting jobs when a queue runs low, so that no worker waits for the next sweep."""
    if not _REFILL.is_due():
        return
    app = app or current_app
    try:
        if queue_length(app, queue) < _LOW_SHARE * get_settings().queue_watermark:
            publish_waiting_jobs(app)
    except BrokerUnavailable as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def republish_lost_jobs(app: Celery | None = None) -> int:
    """Mark jobs whose message was lost as unpublished; return their number.

    Raises:
        BrokerUnavailable: the length of a queue is unknown.
    """
    app = app or current_app
    republished = 0
    for kind, (_, queue) in TASK_BY_KIND.items():
        seconds = get_settings().republish_after_seconds
        if queue_length(app, queue) == 0:
            seconds = min(seconds, _LOST_AFTER_SECONDS)
        republished += in_transaction(_mark_lost, kind, seconds)
    return republished


def _mark_lost(session: Session, kind: str, seconds: float) -> int:
    lost = update(Job).where(
        col(Job.kind) == kind,
        col(Job.state) == JobState.waiting,
        col(Job.published_at) < database_time(session) - timedelta(seconds=seconds),
    )
    return execute(session, lost.values(published_at=None, republished=col(Job.republished) + 1))


def kinds_of_queue(queue: str) -> list[str]:
    """Return the kinds of jobs that are published to a queue."""
    return [kind for kind, (_, its_queue) in TASK_BY_KIND.items() if its_queue == queue]


def _publish(app: Celery, kind: str, task: str, queue: str) -> int:
    """Send live jobs up to the watermark, then background jobs up to their share of it."""
    watermark, length = get_settings().queue_watermark, queue_length(app, queue)
    capacity = watermark - length
    if capacity <= 0:
        return 0
    live = in_transaction(_next_jobs, kind, capacity, 0, LIVE_PRIORITY)
    sent = _send(app, task, queue, live, first=True)
    capacity = max(1, int(watermark * BACKGROUND_SHARE)) - length - sent
    if capacity <= 0:
        return sent
    rest = in_transaction(_next_jobs, kind, capacity, LIVE_PRIORITY + 1, 1000)
    return sent + _send(app, task, queue, rest, first=False)


def _send(app: Celery, task: str, queue: str, jobs: list[PublishedJob], *, first: bool) -> int:
    """Send a message for each job, in one batch; mark the jobs unpublished if that fails."""
    if not jobs:
        return 0
    try:
        with (
            broker_errors(),
            app.producer_pool.acquire(block=True, timeout=10) as producer,
            producer.batch(),
        ):
            lowest_first = producer.connection.transport.driver_type == "redis"
            for job in jobs:
                app.send_task(
                    task,
                    (job.id,),
                    task_id=job.task_id,
                    queue=queue,
                    producer=producer,
                    priority=_PRIORITY_RANGE[0 if first == lowest_first else 1],
                    headers={HEADER: job.correlation_id} if job.correlation_id else None,
                )
    except Exception:
        in_transaction(_mark_unpublished, [job.id for job in jobs])
        raise
    return len(jobs)


def _next_jobs(
    session: Session, kind: str, capacity: int, lowest: int, highest: int
) -> list[PublishedJob]:
    """Mark jobs of these priorities as published; return them, the most urgent first."""
    params = {
        "kind": kind,
        "capacity": capacity,
        "now": database_time(session),
        "lowest": lowest,
        "highest": highest,
        "live": LIVE_PRIORITY,
    }
    published = fetch_all(session, _MARK_PUBLISHED, PublishedJob, params)
    return sorted(published, key=lambda job: (job.priority, job.id))


def _mark_unpublished(session: Session, job_ids: list[int]) -> None:
    waiting = update(Job).where(col(Job.id) == any_of(job_ids), col(Job.state) == JobState.waiting)
    execute(session, waiting.values(published_at=None))
