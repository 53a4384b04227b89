"""Sends waiting jobs to the queue, as many as it should hold; the rows decide, not the queue."""

from datetime import datetime
from typing import Any

import structlog
from celery import Celery, current_app
from kombu.exceptions import OperationalError
from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction

# What kind of job is done by which task, in which queue.
TASK_OF_KIND = {"parse": ("overheard.parse_episode", "parse")}

# While the queue is empty, a message that has not been taken for this long is gone.
_GONE_SECONDS = 10

# The rows are chosen in a CTE of their own: as a subquery that the planner may run again for each
# row, a LIMIT with SKIP LOCKED takes other rows each time, and all of them in the end.
_TAKE = text("""
    WITH chosen AS MATERIALIZED (
        SELECT j.id FROM job j
        WHERE j.kind = :kind AND j.state = 'waiting' AND j.published_at IS NULL
            AND j.not_before <= :now
            AND NOT EXISTS (SELECT FROM job r
                WHERE r.kind = j.kind AND r.subject = j.subject AND r.state = 'running')
        ORDER BY j.priority, j.id LIMIT :room FOR UPDATE SKIP LOCKED)
    UPDATE job SET published_at = :now, task_id = gen_random_uuid()::text
    FROM chosen WHERE job.id = chosen.id
    RETURNING job.id, task_id, priority
""")
_GIVE_BACK = text("UPDATE job SET published_at = NULL WHERE id = ANY(:ids) AND state = 'waiting'")
_RESEND = text("""
    UPDATE job SET published_at = NULL, resends = resends + 1
    WHERE kind = :kind AND state = 'waiting' AND published_at < :now
        - make_interval(secs => :seconds)
""")

log = structlog.get_logger()


def publish_waiting_jobs(app: Celery | None = None) -> int:
    """Send what waits, of every kind, up to the watermark of its queue; the number sent.

    A broker that cannot be reached is logged and not raised: the sweeper sends again.
    """
    app = app or current_app
    try:
        return sum(_publish(app, kind, task, queue) for kind, (task, queue) in TASK_OF_KIND.items())
    except OperationalError as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))
        return 0


def queue_length(app: Celery, queue: str) -> int:
    """Messages that wait in a queue now."""
    with app.producer_pool.acquire(block=True, timeout=10) as producer:
        declared = producer.channel.queue_declare(queue, durable=True, auto_delete=False)
        return int(declared.message_count)


def resend_lost_messages(app: Celery | None = None) -> int:
    """Mark published jobs that nobody took as unpublished; the number marked."""
    app = app or current_app
    resent = 0
    for kind, (_, queue) in TASK_OF_KIND.items():
        seconds = get_settings().resend_seconds
        if queue_length(app, queue) == 0:
            seconds = min(seconds, _GONE_SECONDS)
        resent += in_transaction(_resend, kind, seconds)
    return resent


def _resend(session: Session, kind: str, seconds: float) -> int:
    asked = {"kind": kind, "now": database_time(session), "seconds": seconds}
    return session.connection().execute(_RESEND, asked).rowcount


def _publish(app: Celery, kind: str, task: str, queue: str) -> int:
    """Take rows for the room that the queue has, commit, then send them in one batch."""
    room = get_settings().queue_watermark - queue_length(app, queue)
    if room <= 0:
        return 0
    rows = in_transaction(_take, kind, room)
    try:
        with app.producer_pool.acquire(block=True, timeout=10) as producer, producer.batch():
            for row in rows:
                app.send_task(
                    task, (row["id"],), task_id=row["task_id"], queue=queue, producer=producer
                )
    except Exception:
        in_transaction(_give_back, [row["id"] for row in rows])
        raise
    return len(rows)


def _take(session: Session, kind: str, room: int) -> list[dict[str, Any]]:
    now: datetime = database_time(session)
    asked = {"kind": kind, "room": room, "now": now}
    rows = session.connection().execute(_TAKE, asked).mappings()
    return sorted(map(dict, rows), key=lambda row: (row["priority"], row["id"]))


def _give_back(session: Session, job_ids: list[int]) -> None:
    session.connection().execute(_GIVE_BACK, {"ids": job_ids})
