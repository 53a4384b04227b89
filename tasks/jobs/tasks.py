"""Celery tasks: sweep lost jobs and publish waiting ones; purge old jobs."""

from datetime import timedelta

import structlog
from celery import shared_task

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs, republish_lost_jobs
from tasks.jobs.store import (
    close_replaced_jobs,
    purge_done_jobs,
    reclaim_expired_jobs,
    retry_policy,
)
from tasks.jobs.values import ClaimedJob

log = structlog.get_logger()

SCHEDULE = {"overheard.jobs.sweep": "sweep_tick_seconds", "overheard.jobs.purge": 600.0}


@shared_task(name="overheard.jobs.sweep")
def sweep() -> None:
    """Reclaim jobs with an expired lease or a lost message, and publish waiting jobs."""
    for job, state in in_transaction(_reclaim):
        event = log.error if state == "dead" else log.warning
        event("job_lost", **job.about, worker_losses=job.worker_losses + 1, state=state)
    if republished := republish_lost_jobs():
        log.warning("messages_republished", jobs=republished)
    if sent := publish_waiting_jobs():
        log.info("jobs_published", jobs=sent)


def _reclaim(session: Session) -> list[tuple[ClaimedJob, str]]:
    lost = reclaim_expired_jobs(session, database_time(session), retry_policy(get_settings()))
    return [(job, after.state) for job, after in lost]


@shared_task(name="overheard.jobs.purge")
def purge() -> None:
    """Delete jobs that were done long ago, and close dead ones that were requested again."""
    in_transaction(_purge)


def _purge(session: Session) -> int:
    close_replaced_jobs(session)
    before = database_time(session) - timedelta(days=get_settings().job_history_days)
    return purge_done_jobs(session, before)
