"""The state of queues in the database: paused or draining, and rows without a message."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from models import QueueState
from models.database import Session

_PAUSE = text("""
    INSERT INTO queue_pause (name, state, since, requested_by)
    VALUES (:name, :state, :now, :requested_by)
    ON CONFLICT (name) DO UPDATE
    SET state = excluded.state, since = excluded.since, requested_by = excluded.requested_by
    WHERE queue_pause.state <> excluded.state
""")
_OPEN = text("DELETE FROM queue_pause WHERE name = :name")
_STATES = text("SELECT name, state FROM queue_pause")
_UNPUBLISH = text("""
    UPDATE job SET published_at = NULL
    WHERE kind = ANY(:kinds) AND state = 'waiting' AND published_at IS NOT NULL
""")
_RUNNING = text("SELECT count(*) FROM job WHERE kind = ANY(:kinds) AND state = 'running'")
_CLAIMS = text("SELECT count(*) FROM crawl WHERE claim_token IS NOT NULL")


def set_queue_state(
    session: Session, name: str, state: QueueState, now: datetime, requested_by: str = ""
) -> bool:
    """Pause, drain or open a queue; return whether its state changed."""
    connection = session.connection()
    if state is QueueState.open:
        return connection.execute(_OPEN, {"name": name}).rowcount > 0
    params = {"name": name, "state": state.value, "now": now, "requested_by": requested_by}
    return connection.execute(_PAUSE, params).rowcount > 0


def paused_queues(session: Session) -> dict[str, QueueState]:
    """Return the queues that are paused or draining, with their state."""
    return {row.name: QueueState(row.state) for row in session.connection().execute(_STATES)}


def mark_unpublished(session: Session, kinds: Sequence[str]) -> int:
    """Mark waiting jobs of these kinds as unpublished, so that they are published again."""
    return session.connection().execute(_UNPUBLISH, {"kinds": list(kinds)}).rowcount


def running_count(session: Session, kinds: Sequence[str], *, polls: bool = False) -> int:
    """Return the number of running jobs of these kinds; with ``polls`` also of claimed feeds."""
    connection = session.connection()
    running: int = connection.execute(_RUNNING, {"kinds": list(kinds)}).scalar_one()
    if polls:
        running += connection.execute(_CLAIMS).scalar_one()
    return running
