"""Commands about queues: pause, resume, drain, purge, rebuild."""

import getpass
import socket
import time
from typing import Annotated

import typer

from models import QueueState
from models.database import database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_control import UNPAUSABLE, change_queue_state, pending_count, purge
from tasks.polling.store.claims import release_unstarted_claims
from workers.celery_app import QUEUES, app
from workers.cli.output import errors
from workers.local.service import service

queue_app = typer.Typer(help="Queues: pause, resume, drain, purge, rebuild.", no_args_is_help=True)

LOOK_SECONDS = 0.3

Name = Annotated[str, typer.Argument(help=f"One of {', '.join(QUEUES)}.")]


def current_actor() -> str:
    """Who gives this command, for the row that remembers it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        user = "somebody"
    return f"{user}@{socket.gethostname()}"


def _checked(name: str, *, halted: bool = False) -> str:
    if name not in QUEUES:
        raise typer.BadParameter(f"no such queue: {name}; there are {', '.join(QUEUES)}")
    if halted and name == UNPAUSABLE:
        raise typer.BadParameter(f"{name} carries the ticks, and is never halted")
    return name


@queue_app.command("pause")
def pause(name: Name) -> None:
    """Begin nothing more from a queue; what runs is finished, the rows wait."""
    _halt(_checked(name, halted=True), QueueState.paused, "paused")


@queue_app.command("resume")
def resume(name: Name) -> None:
    """Let a queue go on."""
    _halt(_checked(name), QueueState.open, "open")


def _halt(name: str, state: QueueState, said: str) -> None:
    with service():
        changed = change_queue_state(name, state, current_actor())
    typer.echo(f"{name} is {said}" + ("" if changed else " already"))


@queue_app.command("drain")
def drain(
    name: Name,
    seconds: Annotated[float, typer.Option(help="How long to wait for what was sent.")] = 600,
) -> None:
    """Send nothing more, wait until what was sent is done, and leave the queue paused."""
    _checked(name, halted=True)
    with service():
        change_queue_state(name, QueueState.draining, current_actor())
        deadline = time.monotonic() + seconds
        while left := pending_count(name, app):
            if time.monotonic() > deadline:
                errors.print(f"{left} messages or jobs are left; {name} is still draining")
                raise typer.Exit(1)
            time.sleep(LOOK_SECONDS)
        change_queue_state(name, QueueState.paused, current_actor())
    typer.echo(f"{name} is empty, and paused")


def _purge(name: str) -> int:
    """Purge a queue; feeds whose message was in it are due again at once."""
    messages = purge(name, app)
    if name == "poll":
        in_transaction(lambda session: release_unstarted_claims(session, database_time(session)))
    return messages


@queue_app.command("purge")
def purge_queue(name: Name) -> None:
    """Throw away a queue's messages; the rows stay, and are sent again while it is open."""
    _checked(name)
    with service():
        messages = _purge(name)
    typer.echo(f"{messages} messages thrown away")


@queue_app.command("rebuild")
def rebuild_queue(name: Name) -> None:
    """Throw away a queue's messages and send those of the rows that wait."""
    _checked(name)
    with service():
        _purge(name)
        sent = publish_waiting_jobs(app)
    typer.echo(f"{sent} messages sent")
