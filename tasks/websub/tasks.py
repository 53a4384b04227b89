"""Subscribes to the hubs that feeds offer (WebSub): a tick sees what is due, a task asks them."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from celery import current_app, shared_task
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction
from tasks.http.post import post_many
from tasks.http.retry_after import retry_after
from tasks.http.settings import fetch_loop
from tasks.http.values import Fetched, FetchFailed, FetchRequest, status_failure
from tasks.jobs.queue_state import paused_queues
from tasks.websub.protocol import form, next_attempt_at
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

# Questions asked by one task, and its time, well inside its soft limit.
BATCH, BATCH_SECONDS = 50, 80

# A message that nobody took for so long is not needed: the rows are due, and a tick sends another.
_EXPIRES_SECONDS = 120

_UNVERIFIED = "the hub took our request, and has not yet asked whether we meant it"


SCHEDULE = {
    "overheard.websub.maintain_subscriptions": "websub_tick_seconds",
    "overheard.websub.purge": 600.0,
}


@shared_task(name="overheard.websub.maintain_subscriptions")
def maintain_subscriptions() -> None:
    """The tick: see which hubs are wanted and which no more, and have the due ones asked.

    Without a public URL nobody can reach us, and nobody is asked to.
    """
    if not get_settings().public_url or not in_transaction(update_subscriptions):
        return
    if "poll" in in_transaction(paused_queues):
        return
    try:
        current_app.send_task(
            "overheard.websub.send_hub_requests", queue="poll", expires=_EXPIRES_SECONDS
        )
    except OperationalError as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def update_subscriptions(session: Session) -> bool:
    """Whether anything is due, after rows were made for what is wanted and what no more."""
    now = database_time(session)
    for podcast_id, state in cancel_unwanted_subscriptions(session, now):
        log.info("subscription_cancelled", podcast_id=podcast_id, state=state)
    create_wanted_subscriptions(session, now)
    return any_due(session, now)


@shared_task(name="overheard.websub.send_hub_requests")
def send_hub_requests() -> None:
    """Ask what is due; a message that came twice finds nothing."""
    send_due_hub_requests()


def send_due_hub_requests() -> None:
    """Ask hubs to subscribe, renew or unsubscribe; each answer, or none, is noted on its row."""
    public_url = get_settings().public_url
    pending = in_transaction(_claim) if public_url else []
    if not pending or not public_url:
        return
    requests = [FetchRequest(one.hub, form=form(one, public_url)) for one in pending]
    answers = fetch_loop().run(
        lambda client: post_many(client, requests, within_seconds=BATCH_SECONDS)
    )
    in_transaction(_record, pending, answers)


def _claim(session: Session) -> list[PendingHubRequest]:
    return claim_due(session, database_time(session), BATCH)


def _record(
    session: Session, pending: Sequence[PendingHubRequest], answers: Sequence[Fetched | FetchFailed]
) -> None:
    now = database_time(session)
    for one, answer in zip(pending, answers, strict=True):
        failure = answer if isinstance(answer, FetchFailed) else status_failure(answer)
        if failure is None:
            due = next_attempt_at(now, one.error_count + 1, random.random())  # noqa: S311
            record_hub_request(
                session, one, due, reason="unverified", message=_UNVERIFIED, failed=False
            )
        else:
            _record_failure(session, one, answer, failure, now)


def _record_failure(
    session: Session,
    one: PendingHubRequest,
    answer: Fetched | FetchFailed,
    failure: FetchFailed,
    now: datetime,
) -> None:
    due = next_attempt_at(now, one.error_count + 1, random.random())  # noqa: S311
    if isinstance(answer, Fetched) and (asked := retry_after(answer.headers, now)):
        due = max(due, now + asked)
    failed = failure.reason != "not_attempted"  # no fault of the hub's
    message = str(failure)
    record_hub_request(session, one, due, reason=failure.reason, message=message, failed=failed)
    log.warning(
        "subscription_failed",
        podcast_id=one.podcast_id,
        hub=one.hub,
        mode=one.mode,
        reason=failure.reason,
        message=message,
        retry_at=due.isoformat(),
    )


@shared_task(name="overheard.websub.purge")
def purge() -> None:
    """Delete subscriptions that ended long ago."""
    in_transaction(_purge)


def _purge(session: Session) -> None:
    days = timedelta(days=get_settings().poll_log_days)
    purge_subscriptions(session, database_time(session) - days)
