"""Sends waiting jobs to the queue, as many as it should hold; the rows decide, not the queue."""

from typing import Any

import structlog
from celery import Celery, current_app
from kombu.exceptions import OperationalError
from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction
from tasks.jobs.correlation import HEADER
from tasks.jobs.queue_state import paused_queues
from tasks.jobs.store import LIVE_PRIORITY

# What kind of job is done by which task, in which queue.
TASK_BY_KIND = {
    "parse": ("overheard.ingest.parse_episode", "parse"),
    "count": ("overheard.counts.recompute_person", "parse"),
}

# Work that nobody waits for fills the queue only so far: live work always finds room above it.
BACKGROUND_SHARE = 0.8

# The least and the most of a message's priority. Valkey takes the least first, RabbitMQ the most,
# where its queues know priorities.
_ENDS = (0, 9)

# While the queue is empty, a message that has not been taken for this long is gone.
_GONE_SECONDS = 10

# The rows are chosen in a CTE of their own: as a subquery that the planner may run again for each
# row, a LIMIT with SKIP LOCKED takes other rows each time, and all of them in the end.
_TAKE = text("""
    WITH chosen AS MATERIALIZED (
        SELECT j.id FROM job j
        WHERE j.kind = :kind AND j.state = 'waiting' AND j.published_at IS NULL
            AND j.run_after <= :now AND j.priority BETWEEN :least AND :most
            AND (j.priority <= :live OR NOT EXISTS (SELECT FROM reingest_request q
                WHERE q.id = j.request_id AND q.state = 'paused'))
            AND NOT EXISTS (SELECT FROM job r
                WHERE r.kind = j.kind AND r.subject = j.subject AND r.state = 'running')
        ORDER BY j.priority, j.id LIMIT :room FOR UPDATE SKIP LOCKED)
    UPDATE job SET published_at = :now, task_id = gen_random_uuid()::text
    FROM chosen WHERE job.id = chosen.id
    RETURNING job.id, task_id, priority, coalesce(request_id, correlation_id) AS correlation_id
""")
_GIVE_BACK = text("UPDATE job SET published_at = NULL WHERE id = ANY(:ids) AND state = 'waiting'")
_RESEND = text("""
    UPDATE job SET published_at = NULL, republished = republished + 1
    WHERE kind = :kind AND state = 'waiting' AND published_at < :now
        - make_interval(secs => :seconds)
""")

log = structlog.get_logger()


def publish_waiting_jobs(app: Celery | None = None) -> int:
    """Send what waits, of every kind, up to the watermark of its queue; the number sent.

    Nothing is sent to a queue that an operator has halted. A broker that cannot be reached is
    logged and not raised: the sweeper sends again.
    """
    app = app or current_app
    try:
        halted = in_transaction(paused_queues)
        return sum(
            _publish(app, kind, task, queue)
            for kind, (task, queue) in TASK_BY_KIND.items()
            if queue not in halted
        )
    except OperationalError as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))
        return 0


def queue_length(app: Celery, queue: str) -> int:
    """Messages that wait in a queue now."""
    with app.producer_pool.acquire(block=True, timeout=10) as producer:
        declared = producer.channel.queue_declare(queue, durable=True, auto_delete=False)
        return int(declared.message_count)


def republish_lost_jobs(app: Celery | None = None) -> int:
    """Mark published jobs that nobody took as unpublished; the number marked."""
    app = app or current_app
    resent = 0
    for kind, (_, queue) in TASK_BY_KIND.items():
        seconds = get_settings().republish_after_seconds
        if queue_length(app, queue) == 0:
            seconds = min(seconds, _GONE_SECONDS)
        resent += in_transaction(_resend, kind, seconds)
    return resent


def _resend(session: Session, kind: str, seconds: float) -> int:
    asked = {"kind": kind, "now": database_time(session), "seconds": seconds}
    return session.connection().execute(_RESEND, asked).rowcount


def kinds_of_queue(queue: str) -> list[str]:
    """The kinds of jobs that are sent to a queue."""
    return [kind for kind, (_, sent_to) in TASK_BY_KIND.items() if sent_to == queue]


def _publish(app: Celery, kind: str, task: str, queue: str) -> int:
    """Send what is live up to the watermark, then what nobody waits for up to its share of it."""
    watermark, length = get_settings().queue_watermark, queue_length(app, queue)
    room = watermark - length
    if room <= 0:
        return 0
    live = in_transaction(_take, kind, room, 0, LIVE_PRIORITY)
    sent = _send(app, task, queue, live, first=True)
    room = max(1, int(watermark * BACKGROUND_SHARE)) - length - sent
    if room <= 0:
        return sent
    rest = in_transaction(_take, kind, room, LIVE_PRIORITY + 1, 1000)
    return sent + _send(app, task, queue, rest, first=False)


def _send(app: Celery, task: str, queue: str, rows: list[dict[str, Any]], *, first: bool) -> int:
    """Send a message for each row, in one batch; the rows are given back when that fails."""
    if not rows:
        return 0
    try:
        with app.producer_pool.acquire(block=True, timeout=10) as producer, producer.batch():
            least_first = producer.connection.transport.driver_type == "redis"
            for row in rows:
                app.send_task(
                    task,
                    (row["id"],),
                    task_id=row["task_id"],
                    queue=queue,
                    producer=producer,
                    priority=_ENDS[0 if first == least_first else 1],
                    headers={HEADER: row["correlation_id"]} if row["correlation_id"] else None,
                )
    except Exception:
        in_transaction(_give_back, [row["id"] for row in rows])
        raise
    return len(rows)


def _take(session: Session, kind: str, room: int, least: int, most: int) -> list[dict[str, Any]]:
    """Rows to send, of these priorities, the urgent first; they count as published from now on."""
    asked = {
        "kind": kind,
        "room": room,
        "now": database_time(session),
        "least": least,
        "most": most,
        "live": LIVE_PRIORITY,
    }
    rows = session.connection().execute(_TAKE, asked).mappings()
    return sorted(map(dict, rows), key=lambda row: (row["priority"], row["id"]))


def _give_back(session: Session, job_ids: list[int]) -> None:
    session.connection().execute(_GIVE_BACK, {"ids": job_ids})
