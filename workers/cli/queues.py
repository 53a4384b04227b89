"""Commands about queues: list, pause, resume, drain, purge, rebuild."""

import time
from typing import Annotated

import typer

from models import QueueState
from models.database import database_time, in_transaction
from tasks.jobs.broker import queue_length
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_control import UNPAUSABLE, change_queue_state, pending_count, purge
from tasks.jobs.queue_state import paused_queues
from tasks.polling.store.claims import release_unstarted_claims
from workers.celery_app import QUEUES, app
from workers.cli.options import Json, current_actor, fail
from workers.cli.output import show
from workers.local.service import service
from workers.words import count

CHECK_SECONDS = 0.3

QueueName = Annotated[
    str,
    typer.Argument(
        metavar="QUEUE", help=f"One of {', '.join(QUEUES)}; ops cannot be paused or drained."
    ),
]


def _checked(name: str, *, pausing: bool = False) -> str:
    if name not in QUEUES:
        raise typer.BadParameter(f"no such queue: {name}; choose from {', '.join(QUEUES)}")
    if pausing and name == UNPAUSABLE:
        raise typer.BadParameter(f"{name} carries the ticks and cannot be paused")
    return name


def list_queues(as_json: Json = False) -> None:
    """List queues with their state and messages."""
    with service():
        paused = in_transaction(paused_queues)
        rows = [
            {
                "name": name,
                "state": paused.get(name, QueueState.open).value,
                "messages": queue_length(app, name),
            }
            for name in QUEUES
        ]
    show(rows, ("name", "state", "messages"), as_json=as_json)


def pause(name: QueueName) -> None:
    """Pause a queue: start nothing more; running jobs are finished."""
    _change_state(_checked(name, pausing=True), QueueState.paused, "paused")


def resume(name: QueueName) -> None:
    """Resume a paused queue."""
    _change_state(_checked(name), QueueState.open, "open")


def _change_state(name: str, state: QueueState, label: str) -> None:
    with service():
        changed = change_queue_state(name, state, current_actor())
    typer.echo(f"{name} is {label}" + ("" if changed else " already"))


def drain(
    name: QueueName,
    seconds: Annotated[float, typer.Option(help="Maximum seconds to wait.")] = 600,
) -> None:
    """Send nothing more, wait until the queue is empty, and pause it."""
    _checked(name, pausing=True)
    with service():
        change_queue_state(name, QueueState.draining, current_actor())
        deadline = time.monotonic() + seconds
        while left := pending_count(name, app):
            if time.monotonic() > deadline:
                fail(f"messages or jobs left: {left}; {name} is still draining")
            time.sleep(CHECK_SECONDS)
        change_queue_state(name, QueueState.paused, current_actor())
    typer.echo(f"{name} is empty and paused")


def purge_queue(name: QueueName) -> None:
    """Delete a queue's messages; no work is lost.

    The rows stay, and are published again while the queue is open.
    """
    _checked(name)
    with service():
        messages = _purge(name)
    typer.echo(f"{count(messages, 'message')} deleted")


def _purge(name: str) -> int:
    """Purge a queue; feeds whose message was in it are due again at once."""
    messages = purge(name, app)
    if name == "poll":
        in_transaction(lambda session: release_unstarted_claims(session, database_time(session)))
    return messages


def rebuild_queue(name: QueueName) -> None:
    """Delete a queue's messages and publish those of waiting jobs."""
    _checked(name)
    with service():
        _purge(name)
        sent = publish_waiting_jobs(app)
    typer.echo(f"{count(sent, 'message')} published")
