"""Finds lost work, sends what waits, and deletes old records: whatever must happen by itself."""

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction
from tasks.accounts.store import forget_old_sessions
from tasks.crawls.store import release_lost_claims
from tasks.jobs.store import forget_done_jobs, recover_lost_jobs, retry_policy
from tasks.jobs.values import ClaimedJob
from tasks.looks.store import forget_looks
from tasks.publish import publish_waiting_jobs, resend_lost_messages
from tasks.requests.store import close_requests, forget_requests
from tasks.subscriptions.store import forget_subscriptions

log = structlog.get_logger()


@shared_task(name="overheard.sweep")
def sweep() -> None:
    """One round: leases that ran out, messages that were lost, rows that wait."""
    for job, state in in_transaction(_recover):
        event = log.error if state == "dead" else log.warning
        event("job_lost", **job.about, losses=job.losses + 1, state=state)
    for podcast_id in in_transaction(_release_claims):
        log.warning("poll_lost", podcast_id=podcast_id)
    for request in in_transaction(_close_requests):
        log.info(
            "reingest_done",
            correlation_id=request["id"],
            stage=request["stage"],
            jobs=request["jobs"],
            dead=request["counts"].get("dead", 0),
        )
    if resent := resend_lost_messages():
        log.warning("messages_resent", jobs=resent)
    if sent := publish_waiting_jobs():
        log.info("jobs_published", jobs=sent)


@shared_task(name="overheard.forget")
def forget() -> None:
    """Delete records that are too old; seldom, for it reads all that was ever done."""
    in_transaction(_forget)


def _recover(session: Session) -> list[tuple[ClaimedJob, str]]:
    lost = recover_lost_jobs(session, database_time(session), retry_policy(get_settings()))
    return [(job, after.state) for job, after in lost]


def _release_claims(session: Session) -> list[int]:
    return release_lost_claims(session, database_time(session))


def _close_requests(session: Session) -> list[dict[str, Any]]:
    return close_requests(session, database_time(session))


def _forget(session: Session) -> int:
    settings, now = get_settings(), database_time(session)
    before = now - timedelta(days=settings.keep_done_jobs_days)
    forget_old_sessions(session, now)
    forget_looks(session, now - timedelta(days=settings.keep_looks_days))
    forget_subscriptions(session, now - timedelta(days=settings.keep_looks_days))
    return forget_done_jobs(session, before) + forget_requests(session, before)
