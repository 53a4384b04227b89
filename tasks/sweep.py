"""Finds lost work, sends what waits, and deletes old records: whatever must happen by itself."""

from datetime import timedelta

import structlog
from celery import shared_task
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction
from tasks.crawls.store import release_lost_claims
from tasks.jobs.store import forget_done_jobs, recover_lost_jobs, retry_policy
from tasks.looks.store import forget_looks
from tasks.publish import publish_waiting_jobs, resend_lost_messages

log = structlog.get_logger()


@shared_task(name="overheard.sweep")
def sweep() -> None:
    """One round: leases that ran out, messages that were lost, rows that wait."""
    for job_id, kind, subject, losses, state in in_transaction(_recover):
        event = log.error if state == "dead" else log.warning
        event("job_lost", job_id=job_id, kind=kind, subject=subject, losses=losses, state=state)
    for podcast_id in in_transaction(_release_claims):
        log.warning("poll_lost", podcast_id=podcast_id)
    if resent := resend_lost_messages():
        log.warning("messages_resent", jobs=resent)
    if sent := publish_waiting_jobs():
        log.info("jobs_published", jobs=sent)


@shared_task(name="overheard.forget")
def forget() -> None:
    """Delete records that are too old; seldom, for it reads all that was ever done."""
    in_transaction(_forget)


def _recover(session: Session) -> list[tuple[int, str, int, int, str]]:
    lost = recover_lost_jobs(session, database_time(session), retry_policy(get_settings()))
    return [(job.id, job.kind, job.subject, job.losses + 1, after.state) for job, after in lost]


def _release_claims(session: Session) -> list[int]:
    return release_lost_claims(session, database_time(session))


def _forget(session: Session) -> int:
    settings, now = get_settings(), database_time(session)
    forget_looks(session, now - timedelta(days=settings.keep_looks_days))
    return forget_done_jobs(session, now - timedelta(days=settings.keep_done_jobs_days))
