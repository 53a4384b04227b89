"""Which queues an operator has halted, and the rows whose messages are no longer in the queue."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import QueueState

_HALT = text("""
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
    """Halt or open a queue; whether that changed anything."""
    connection = session.connection()
    if state is QueueState.open:
        return connection.execute(_OPEN, {"name": name}).rowcount > 0
    asked = {"name": name, "state": state.value, "now": now, "requested_by": requested_by}
    return connection.execute(_HALT, asked).rowcount > 0


def paused_queues(session: Session) -> dict[str, QueueState]:
    """The queues that are not open."""
    return {row.name: QueueState(row.state) for row in session.connection().execute(_STATES)}


def mark_unpublished(session: Session, kinds: Sequence[str]) -> int:
    """Note that no message is out for what waits of these kinds: it is to be sent again."""
    return session.connection().execute(_UNPUBLISH, {"kinds": list(kinds)}).rowcount


def running_count(session: Session, kinds: Sequence[str], *, polls: bool = False) -> int:
    """Jobs of these kinds that run now; with ``polls`` also the feeds under a claim."""
    connection = session.connection()
    running: int = connection.execute(_RUNNING, {"kinds": list(kinds)}).scalar_one()
    if polls:
        running += connection.execute(_CLAIMS).scalar_one()
    return running
