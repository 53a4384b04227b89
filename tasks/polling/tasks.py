"""Celery tasks of polling: claim the feeds that are due, poll them, sweep lost claims."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app, shared_task
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models import QueueState, get_settings
from models.database import database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs, queue_length
from tasks.jobs.queue_state import paused_queues
from tasks.polling.poller import polls_of_claim
from tasks.polling.store.claims import (
    claim_due_feeds,
    mark_claim_lost,
    release_claim,
    release_expired_claims,
)
from tasks.polling.store.poll_log import purge_poll_log

log = structlog.get_logger()

SCHEDULE = {
    "overheard.polling.poll_due_feeds": "poll_tick_seconds",
    "overheard.polling.sweep": "sweep_tick_seconds",
    "overheard.polling.purge": 600.0,
}

# Messages that no poller has taken, at which a tick claims no more: after a standstill the feeds
# wait as rows, where a poller finds them that has room, and not in a queue.
WAITING_BATCHES = 2


@shared_task(name="overheard.polling.poll_due_feeds")
def poll_due_feeds() -> None:
    """The tick: claim what is due, in batches, and send one message for each."""
    if "poll" in in_transaction(paused_queues):
        return
    try:
        while queue_length(current_app, "poll") < WAITING_BATCHES and _send_batch():
            pass
    except OperationalError as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def _send_batch() -> bool:
    """Whether there was something due; its feeds are given back when the message fails."""
    token = in_transaction(_claim)
    if token is None:
        return False
    try:
        poll_feeds.apply_async((str(token),), queue="poll")
    except OperationalError:
        in_transaction(_release, token)
        raise
    return True


def _claim(session: Session) -> UUID | None:
    settings = get_settings()
    now = database_time(session)
    return claim_due_feeds(session, now, settings.poll_batch, settings.poll_per_host)


def _release(session: Session, token: UUID) -> None:
    release_claim(session, token, database_time(session))


@shared_task(name="overheard.polling.poll_feeds", bind=True)
def poll_feeds(self: Any, token: str) -> None:
    """Poll the feeds under a claim, then send the jobs of their new episodes.

    A message that the broker gives back has lost a poller already, perhaps by what one of its
    feeds sent. What is left of the batch is let go, and polled feed by feed.
    """
    if (self.request.delivery_info or {}).get("redelivered"):
        for podcast_id in in_transaction(_lose, UUID(token)):
            log.warning("poll_worker_lost", podcast_id=podcast_id)
        return
    if in_transaction(paused_queues).get("poll") is QueueState.paused:
        in_transaction(_release, UUID(token))
        return
    news = False
    try:
        for polls in polls_of_claim(UUID(token), top_up=True):
            news = news or any(poll.new or poll.changed for poll in polls)
    except SystemExit:  # the worker was asked to end, and waited for us long enough
        in_transaction(_release, UUID(token))
        log.info("poll_released")
        raise
    if news:
        publish_waiting_jobs()


def _lose(session: Session, token: UUID) -> list[int]:
    return mark_claim_lost(session, token, database_time(session))


@shared_task(name="overheard.polling.sweep")
def sweep() -> None:
    """Release the claims of pollers that did not come back."""
    for podcast_id in in_transaction(_release_lost):
        log.warning("poll_worker_lost", podcast_id=podcast_id)


def _release_lost(session: Session) -> list[int]:
    return release_expired_claims(session, database_time(session))


@shared_task(name="overheard.polling.purge")
def purge() -> None:
    """Delete old rows of the poll log."""
    in_transaction(_purge)


def _purge(session: Session) -> None:
    days = timedelta(days=get_settings().poll_log_days)
    purge_poll_log(session, database_time(session) - days)
