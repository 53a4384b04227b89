"""The job that recomputes one person's counts from the rows."""

from datetime import timedelta
from time import monotonic

from models import Outcome
from models.database import Session, database_time, in_transaction
from tasks.counts.store.recompute import recompute_person_counts
from tasks.jobs.runner import JobResult
from tasks.jobs.values import ClaimedJob


def count(job: ClaimedJob) -> JobResult:
    """Repair the counts of the job's person, if they differ from the rows."""
    return in_transaction(_count, job)


def _count(session: Session, job: ClaimedJob) -> JobResult:
    now, started = database_time(session), monotonic()
    repaired = recompute_person_counts(session, job.subject)
    figures = {"repaired": sum(repaired.values()), **repaired}
    outcome, reason = (Outcome.ran, "") if figures["repaired"] else (Outcome.skipped, "unchanged")
    result = JobResult(outcome, reason, figures=figures)
    result.finish(session, job, now + timedelta(seconds=monotonic() - started))
    return result
