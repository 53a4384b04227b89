"""Celery tasks of polling: claim due feeds, poll them, release lost claims, purge the poll log."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app, shared_task

from models import QueueState, get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.broker import BrokerUnavailable, broker_errors, queue_length
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_state import paused_queues
from tasks.polling.poller import polls_of_claim, release
from tasks.polling.store.claims import claim_due_feeds, mark_claim_lost, release_expired_claims
from tasks.polling.store.poll_log import purge_poll_log

log = structlog.get_logger()

SCHEDULE = {
    "overheard.polling.poll_due_feeds": "poll_tick_seconds",
    "overheard.polling.sweep": "sweep_tick_seconds",
    "overheard.polling.purge": 600.0,
}

# With so many messages in the queue, a tick claims no more: after a standstill, due feeds wait in
# the database, where a poller with room finds them, and not in the queue.
MAX_WAITING_BATCHES = 2


@shared_task(name="overheard.polling.poll_due_feeds")
def poll_due_feeds() -> None:
    """Claim the feeds that are due, in batches, and send a message for each batch."""
    if "poll" in in_transaction(paused_queues):
        return
    try:
        while queue_length(current_app, "poll") < MAX_WAITING_BATCHES and _send_batch():
            pass
    except BrokerUnavailable as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def _send_batch() -> bool:
    """Claim and send one batch; False if no feed is due. If the message fails, release it."""
    token = in_transaction(_claim)
    if token is None:
        return False
    try:
        with broker_errors():
            poll_feeds.apply_async((str(token),), queue="poll")
    except BrokerUnavailable:
        release(token)
        raise
    return True


def _claim(session: Session) -> UUID | None:
    settings = get_settings()
    now = database_time(session)
    return claim_due_feeds(session, now, settings.poll_batch, settings.poll_per_host)


@shared_task(name="overheard.polling.poll_feeds", bind=True)
def poll_feeds(self: Any, token: str) -> None:
    """Poll the feeds under a claim, then send the jobs of their new episodes.

    A redelivered message has lost a worker already, perhaps because of one of its feeds: the rest
    of the batch is released, and each of its feeds is polled alone.
    """
    if (self.request.delivery_info or {}).get("redelivered"):
        for podcast_id in in_transaction(_mark_lost, UUID(token)):
            log.warning("poll_worker_lost", podcast_id=podcast_id)
        return
    if in_transaction(paused_queues).get("poll") is QueueState.paused:
        release(UUID(token))
        return
    if _poll(UUID(token)):
        publish_waiting_jobs()


def _poll(token: UUID) -> bool:
    """Poll the feeds under a claim; True if episodes are new or changed."""
    changed = False
    try:
        for polls in polls_of_claim(token, top_up=True):
            changed = changed or any(poll.new or poll.changed for poll in polls)
    except SystemExit:  # the worker is shutting down, and its grace period is over
        release(token)
        log.info("poll_released")
        raise
    return changed


def _mark_lost(session: Session, token: UUID) -> list[int]:
    return mark_claim_lost(session, token, database_time(session))


@shared_task(name="overheard.polling.sweep")
def sweep() -> None:
    """Release expired claims, whose workers were lost."""
    for podcast_id in in_transaction(_release_expired):
        log.warning("poll_worker_lost", podcast_id=podcast_id)


def _release_expired(session: Session) -> list[int]:
    return release_expired_claims(session, database_time(session))


@shared_task(name="overheard.polling.purge")
def purge() -> None:
    """Delete old rows of the poll log."""
    in_transaction(_purge)


def _purge(session: Session) -> None:
    days = timedelta(days=get_settings().poll_log_days)
    purge_poll_log(session, database_time(session) - days)
