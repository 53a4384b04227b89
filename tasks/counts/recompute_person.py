"""The job that recomputes one person's counts from the rows."""

from datetime import timedelta
from time import monotonic

from models import Outcome
from models.database import Session, database_time, in_transaction
from tasks.counts.store.recompute import derive_person
from tasks.jobs.runner import Result
from tasks.jobs.values import ClaimedJob


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
