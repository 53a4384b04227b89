"""Derives one person's figures anew from the rows, whatever they were."""

from datetime import timedelta
from time import monotonic
from typing import Any

from celery import shared_task
from sqlmodel import Session

from models import Outcome
from models.database import database_time, in_transaction
from tasks.counts.derive import derive_person
from tasks.jobs.running import Message, Result, run_job
from tasks.jobs.values import ClaimedJob


@shared_task(name="overheard.count_person", bind=True)
def count_person(self: Any, job_id: int) -> None:
    """Do one count job. The message carries its id and nothing else."""
    run_job(job_id, Message.of(self.request), count)


def count(job: ClaimedJob) -> Result:
    """Repair the figures of the job's person, if they are not what the rows say."""
    return in_transaction(_count, job)


def _count(session: Session, job: ClaimedJob) -> Result:
    now, started = database_time(session), monotonic()
    repaired = derive_person(session, job.subject)
    figures = {"repaired": sum(repaired.values()), **repaired}
    outcome, reason = (Outcome.ran, "") if figures["repaired"] else (Outcome.skipped, "unchanged")
    result = Result(outcome, reason, figures=figures)
    result.finish(session, job, now + timedelta(seconds=monotonic() - started))
    return result
