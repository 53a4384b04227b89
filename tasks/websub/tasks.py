"""Celery tasks of WebSub: maintain subscriptions, send requests to hubs, purge old ones."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from celery import current_app, shared_task

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.http.post import post_many
from tasks.http.retry_after import retry_after
from tasks.http.settings import fetch_loop
from tasks.http.values import Fetched, FetchFailed, FetchRequest, status_failure
from tasks.jobs.broker import BrokerUnavailable, broker_errors
from tasks.jobs.queue_state import paused_queues
from tasks.websub.protocol import next_attempt_at, request_form
from tasks.websub.store import (
    any_due,
    cancel_unwanted_subscriptions,
    claim_due,
    create_wanted_subscriptions,
    purge_subscriptions,
    record_hub_request,
)
from tasks.websub.values import PendingHubRequest

log = structlog.get_logger()

# How many requests one task sends, and its time, well before its soft time limit.
BATCH, BATCH_SECONDS = 50, 80

# A message that no worker takes in this time is not needed: the next tick sends another one.
_EXPIRES_SECONDS = 120

_UNVERIFIED = "the hub accepted the request, and has not verified it yet"

SCHEDULE = {
    "overheard.websub.maintain_subscriptions": "websub_tick_seconds",
    "overheard.websub.purge": 600.0,
}


@shared_task(name="overheard.websub.maintain_subscriptions")
def maintain_subscriptions() -> None:
    """Create and cancel subscriptions as podcasts offer hubs, and send what is due.

    Does nothing without a public URL, at which no hub could reach us.
    """
    if not get_settings().public_url or not in_transaction(update_subscriptions):
        return
    if "poll" in in_transaction(paused_queues):
        return
    try:
        with broker_errors():
            current_app.send_task(
                "overheard.websub.send_hub_requests", queue="poll", expires=_EXPIRES_SECONDS
            )
    except BrokerUnavailable as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def update_subscriptions(session: Session) -> bool:
    """Create and cancel subscriptions; True if a request to a hub is due."""
    now = database_time(session)
    for cancelled in cancel_unwanted_subscriptions(session, now):
        log.info("subscription_cancelled", podcast_id=cancelled.podcast_id, state=cancelled.state)
    create_wanted_subscriptions(session, now)
    return any_due(session, now)


@shared_task(name="overheard.websub.send_hub_requests")
def send_hub_requests() -> None:
    """Send due requests to hubs; a doubled message finds none."""
    send_due_hub_requests()


def send_due_hub_requests() -> None:
    """Request subscriptions, renewals and cancellations from hubs, and record the responses."""
    public_url = get_settings().public_url
    pending = in_transaction(_claim) if public_url else []
    if not pending or not public_url:
        return
    requests = [
        FetchRequest(request.hub, form=request_form(request, public_url)) for request in pending
    ]
    responses = fetch_loop().run(
        lambda client: post_many(client, requests, within_seconds=BATCH_SECONDS)
    )
    in_transaction(_record, pending, responses)


def _claim(session: Session) -> list[PendingHubRequest]:
    return claim_due(session, database_time(session), BATCH)


def _record(
    session: Session,
    pending: Sequence[PendingHubRequest],
    responses: Sequence[Fetched | FetchFailed],
) -> None:
    now = database_time(session)
    for request, response in zip(pending, responses, strict=True):
        failure = response if isinstance(response, FetchFailed) else status_failure(response)
        due_at = next_attempt_at(now, request.error_count + 1, random.random())  # noqa: S311
        if failure is None:
            record_hub_request(
                session, request, due_at, reason="unverified", message=_UNVERIFIED, failed=False
            )
        else:
            due_at = max(due_at, _retry_after_time(response, now))
            _record_failure(session, request, failure, due_at)


def _retry_after_time(response: Fetched | FetchFailed, now: datetime) -> datetime:
    wait = retry_after(response.headers, now) if isinstance(response, Fetched) else None
    return now + (wait or timedelta())


def _record_failure(
    session: Session, request: PendingHubRequest, failure: FetchFailed, due_at: datetime
) -> None:
    failed = failure.reason != "not_attempted"  # which is no fault of the hub
    message = str(failure)
    record_hub_request(
        session, request, due_at, reason=failure.reason, message=message, failed=failed
    )
    log.warning(
        "subscription_failed",
        podcast_id=request.podcast_id,
        hub=request.hub,
        mode=request.mode,
        reason=failure.reason,
        message=message,
        retry_at=due_at.isoformat(),
    )


@shared_task(name="overheard.websub.purge")
def purge() -> None:
    """Delete subscriptions that ended long ago."""
    in_transaction(_purge)


def _purge(session: Session) -> None:
    days = timedelta(days=get_settings().poll_log_days)
    purge_subscriptions(session, database_time(session) - days)
