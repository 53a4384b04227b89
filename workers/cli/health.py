"""Health checks: `overheard health worker|beat|search|web`; exit code 0 is healthy.

A container's check starts a Python every 15 seconds. So this module imports the settings and
little else; what `--ready` asks for is imported where it is asked.
"""

import http.client
import os
import socket
from typing import Annotated

import typer

from models.settings import get_settings
from tasks.telemetry.health_files import (
    age_of,
    beat_file,
    heartbeat_file,
    index_file,
    is_searchable,
)
from workers.local.index_folder import search_folder

# A pulse waits while every process of the pool is at work: until the hard limit of a task, and
# until the next pulse.
UNHEALTHY_SECONDS = 200.0
Name = Annotated[str, typer.Option(help="Name of the worker on this host.")]
Ready = Annotated[bool, typer.Option("--ready", help="Also: could it work now? Asks its servers.")]

health_app = typer.Typer(
    help="Health checks for containers: exit code 0 is healthy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def node_name(name: str) -> str:
    """The name under which a worker of this host answers."""
    return f"{name}@{socket.gethostname()}"


@health_app.command("worker")
def worker_health(
    name: Name = "worker",
    seconds: Annotated[
        float, typer.Option(help="How long it may have got nothing done.")
    ] = UNHEALTHY_SECONDS,
    ready: Ready = False,
) -> None:
    """Whether this host's worker gets something done; with --ready, whether it could now."""
    node = node_name(name)
    age = age_of(heartbeat_file(node))
    if age is None or age > seconds:
        _without_heartbeat(node, age, ready=ready)
    elif ready and (lacking := _lacking()):
        raise _unhealthy(f"{node} cannot work: {lacking}")
    else:
        typer.echo(f"{node} got something done {age:.0f} s ago")


def _without_heartbeat(node: str, age: float | None, *, ready: bool) -> None:
    """A worker whose broker is away gets nothing done, and a new one would not either."""
    if _is_alive(node) and not ready and age is not None and _broker_failure() is not None:
        typer.echo(f"{node} waits for its broker")
        return
    done = "never got anything done" if age is None else f"got nothing done for {age:.0f} s"
    raise _unhealthy(f"{node} {done}")


def _is_alive(node: str) -> bool:
    """Whether the process that made the worker's file runs, on this host or container."""
    try:
        os.kill(int(heartbeat_file(node).read_text()), 0)
    except (OSError, ValueError):
        return False
    return True


def _lacking() -> str | None:
    from workers.worker.readiness import readiness_failure  # noqa: PLC0415

    return readiness_failure()


def _broker_failure() -> str | None:
    from workers.worker.readiness import broker_failure  # noqa: PLC0415

    return broker_failure()


@health_app.command("beat")
def beat_health(
    seconds: Annotated[float, typer.Option(help="How old the last tick may be.")] = 60,
) -> None:
    """Whether beat has sent a tick of late."""
    age = age_of(beat_file())
    if age is None:
        raise _unhealthy("beat has sent no tick")
    sent = f"the last tick was sent {age:.0f} s ago"
    if age > seconds:
        raise _unhealthy(sent)
    typer.echo(sent)


@health_app.command("search")
def search_health(
    seconds: Annotated[float, typer.Option(help="How long it may have got nothing done.")] = 60,
    ready: Annotated[
        bool, typer.Option("--ready", help="Also: its segments, and how far it is behind the rows.")
    ] = False,
) -> None:
    """Whether this host's index can be searched and is kept in step with the rows."""
    folder = search_folder()
    if not is_searchable(folder):
        raise _unhealthy("no search: no index was built yet")
    age = age_of(index_file(folder))
    if age is None or age > seconds:
        raise _unhealthy(f"the index was not kept in step for {age or seconds:.0f} s")
    typer.echo(_state_of_index() if ready else f"the index was in step {age:.0f} s ago")


def _state_of_index() -> str:
    from models.database import in_transaction  # noqa: PLC0415
    from tasks.search.index_directory import IndexMissing  # noqa: PLC0415
    from tasks.search.index_status import index_status  # noqa: PLC0415

    try:
        found = in_transaction(index_status, search_folder())
    except IndexMissing as error:
        raise _unhealthy(f"no search: {error}") from None
    return f"{found.segments:,} segments, {found.behind:,} episodes to come"


@health_app.command("web")
def web_health() -> None:
    """Whether the pages of this host are served, and the database with them."""
    settings = get_settings()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web_host, settings.web_host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.web_port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        status = connection.getresponse().status
    except OSError as error:
        raise _unhealthy(f"nothing answers on {host}:{settings.web_port}: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise _unhealthy(f"{host}:{settings.web_port} is not ready: {status}")
    typer.echo(f"{host}:{settings.web_port} is ready")


def _unhealthy(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)
