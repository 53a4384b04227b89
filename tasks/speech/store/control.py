"""Whether a transcription may go on: it stops at the next checkpoint when an operator pauses it."""

from sqlmodel import col, select

from models import QueuePause, QueueState
from models.database import Session
from tasks.jobs.values import ClaimedJob, JobPostponed

QUEUE = "transcribe"
_PAUSED_SECONDS = 60.0


def check_may_go_on(session: Session, job: ClaimedJob) -> None:
    """Check between two parts that the work is still wanted now.

    Raises:
        JobPostponed: the queue is paused.
    """
    del job
    paused = select(QueuePause).where(
        QueuePause.name == QUEUE, col(QueuePause.state) == QueueState.paused
    )
    if session.exec(paused).first() is not None:
        raise JobPostponed("queue_paused", _PAUSED_SECONDS)
