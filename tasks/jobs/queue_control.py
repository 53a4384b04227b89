"""Queue control for operators: pause, drain, resume, purge, rebuild."""

import structlog
from celery import Celery, current_app

from models import QueueState
from models.database import Session, database_time, in_transaction
from tasks.jobs.broker import broker_errors, queue_length
from tasks.jobs.publisher import kinds_of_queue, publish_waiting_jobs
from tasks.jobs.queue_state import mark_unpublished, running_count, set_queue_state

log = structlog.get_logger()

# The queue of the scheduler ticks: its tasks resume the other queues, so it must never stop.
UNPAUSABLE = "ops"


def change_queue_state(name: str, state: QueueState, requested_by: str = "") -> bool:
    """Pause, drain or open a queue; return whether its state changed.

    Raises:
        ValueError: it is the queue of the scheduler ticks.
    """
    if name == UNPAUSABLE and state is not QueueState.open:
        raise ValueError(f"{name} carries the scheduler ticks; without it nothing would resume")
    changed = in_transaction(_set, name, state, requested_by)
    if changed:
        log.info("queue_changed", queue=name, state=state.value, requested_by=requested_by)
    if state is QueueState.open:
        publish_waiting_jobs()
    return changed


def _set(session: Session, name: str, state: QueueState, requested_by: str) -> bool:
    return set_queue_state(session, name, state, database_time(session), requested_by)


def pending_count(name: str, app: Celery | None = None) -> int:
    """Return the number of messages in a queue plus the jobs from it that are running."""
    running = in_transaction(running_count, kinds_of_queue(name), polls=name == "poll")
    return queue_length(app or current_app, name) + running


def purge(name: str, app: Celery | None = None) -> int:
    """Delete the messages of a queue; return their number.

    The rows stay, and are published again while the queue is open.

    Raises:
        BrokerUnavailable: no message is deleted.
    """
    app = app or current_app
    with broker_errors(), app.connection_for_write() as connection:
        messages = int(connection.default_channel.queue_purge(name) or 0)
    in_transaction(mark_unpublished, kinds_of_queue(name))
    log.warning("queue_purged", queue=name, messages=messages)
    return messages
