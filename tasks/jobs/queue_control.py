"""What an operator does to a queue: pause, drain, resume, purge, rebuild."""

import structlog
from celery import Celery, current_app
from sqlmodel import Session

from models import QueueState
from models.database import database_time, in_transaction
from tasks.jobs.publisher import kinds_of_queue, publish_waiting_jobs, queue_length
from tasks.jobs.queue_state import mark_unpublished, running_count, set_queue_state

log = structlog.get_logger()

# The queue of the ticks: what would resume the others must never stand still itself.
UNPAUSABLE = "ops"


def change_queue_state(name: str, state: QueueState, requested_by: str = "") -> bool:
    """Pause, drain or open a queue; whether that changed anything.

    Raises:
        ValueError: it is the queue of the ticks.
    """
    if name == UNPAUSABLE and state is not QueueState.open:
        raise ValueError(f"{name} carries the ticks, without which nothing would resume")
    changed = in_transaction(_set, name, state, requested_by)
    if changed:
        log.info("queue_changed", queue=name, state=state.value, requested_by=requested_by)
    if state is QueueState.open:
        publish_waiting_jobs()
    return changed


def _set(session: Session, name: str, state: QueueState, requested_by: str) -> bool:
    return set_queue_state(session, name, state, database_time(session), requested_by)


def pending_count(name: str, app: Celery | None = None) -> int:
    """Messages that wait in a queue, and work from it that is being done."""
    running = in_transaction(running_count, kinds_of_queue(name), polls=name == "poll")
    return queue_length(app or current_app, name) + running


def purge(name: str, app: Celery | None = None) -> int:
    """Throw away the messages of a queue; the rows stay, and are sent again when it is open.

    Returns how many messages there were.
    """
    app = app or current_app
    with app.connection_for_write() as connection:
        messages = int(connection.default_channel.queue_purge(name) or 0)
    in_transaction(mark_unpublished, kinds_of_queue(name))
    log.warning("queue_purged", queue=name, messages=messages)
    return messages
