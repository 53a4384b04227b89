"""The state of queues in the database: paused or draining, and rows without a message."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from models import Crawl, Job, JobState, QueuePause, QueueState
from models.database import Session
from models.database.sql import execute


def set_queue_state(
    session: Session, name: str, state: QueueState, now: datetime, requested_by: str = ""
) -> bool:
    """Pause, drain or open a queue; return whether its state changed."""
    if state is QueueState.open:
        return execute(session, delete(QueuePause).where(col(QueuePause.name) == name)) > 0
    pause = insert(QueuePause).values(name=name, state=state, since=now, requested_by=requested_by)
    changed = pause.on_conflict_do_update(
        index_elements=["name"],
        set_={"state": state, "since": now, "requested_by": requested_by},
        where=col(QueuePause.state) != state,
    )
    return execute(session, changed) > 0


def paused_queues(session: Session) -> dict[str, QueueState]:
    """Return the queues that are paused or draining, with their state."""
    pauses = session.exec(select(QueuePause.name, QueuePause.state))
    return {name: QueueState(state) for name, state in pauses}


def mark_unpublished(session: Session, kinds: Sequence[str]) -> int:
    """Mark waiting jobs of these kinds as unpublished, so that they are published again."""
    published = update(Job).where(
        col(Job.kind).in_(kinds),
        col(Job.state) == JobState.waiting,
        col(Job.published_at).is_not(None),
    )
    return execute(session, published.values(published_at=None))


def running_count(session: Session, kinds: Sequence[str], *, polls: bool = False) -> int:
    """Return the number of running jobs of these kinds; with ``polls`` also of claimed feeds."""
    of_kinds = col(Job.kind).in_(kinds), col(Job.state) == JobState.running
    running = session.exec(select(func.count()).select_from(Job).where(*of_kinds)).one()
    if polls:
        claimed = col(Crawl.claim_token).is_not(None)
        running += session.exec(select(func.count()).select_from(Crawl).where(claimed)).one()
    return running
