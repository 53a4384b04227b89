"""Health checks. Containers run one every few seconds: what is not needed is not imported."""

import http.client
import os
from typing import Annotated

import typer

from models.settings import get_settings
from tasks.telemetry.health_files import (
    age_of,
    beat_file,
    heartbeat_file,
    index_file,
    is_searchable,
    node_name,
)
from workers.local.index_folder import search_folder
from workers.local.ready import local_host
from workers.words import count

# A heartbeat waits while every process of the pool is busy: until the hard limit of a task, and
# until the next heartbeat.
UNHEALTHY_SECONDS = 200.0


def worker_health(
    name: Annotated[str, typer.Option(help="Name of the worker on this host.")] = "worker",
    seconds: Annotated[
        float, typer.Option(help="Maximum seconds since the worker last completed a task.")
    ] = UNHEALTHY_SECONDS,
    ready: Annotated[
        bool, typer.Option("--ready", help="Also check that broker and database can be used.")
    ] = False,
) -> None:
    """Check that this host's worker completes tasks."""
    node = node_name(name)
    age = age_of(heartbeat_file(node))
    if age is None or age > seconds:
        _check_without_heartbeat(node, age, ready=ready)
    elif ready and (missing := _missing_dependency()):
        raise _unhealthy(f"{node} cannot work: {missing}")
    else:
        typer.echo(f"{node} completed a task {age:.0f} s ago")


def _check_without_heartbeat(node: str, age: float | None, *, ready: bool) -> None:
    """A worker without its broker completes nothing, and a restarted one would not either."""
    if _is_alive(node) and not ready and age is not None and _broker_failure() is not None:
        typer.echo(f"{node} waits for its broker")
        return
    since = "never completed a task" if age is None else f"completed no task for {age:.0f} s"
    raise _unhealthy(f"{node} {since}")


def _is_alive(node: str) -> bool:
    """Whether the process that made the heartbeat file runs on this host or in this container."""
    try:
        os.kill(int(heartbeat_file(node).read_text()), 0)
    except (OSError, ValueError):
        return False
    return True


def _missing_dependency() -> str | None:
    from workers.worker.readiness import readiness_failure  # noqa: PLC0415

    return readiness_failure()


def _broker_failure() -> str | None:
    from workers.worker.readiness import broker_failure  # noqa: PLC0415

    return broker_failure()


def beat_health(
    seconds: Annotated[float, typer.Option(help="Maximum age of the last tick in seconds.")] = 60,
) -> None:
    """Check that beat sends ticks."""
    age = age_of(beat_file())
    if age is None:
        raise _unhealthy("beat has sent no tick")
    line = f"the last tick was sent {age:.0f} s ago"
    if age > seconds:
        raise _unhealthy(line)
    typer.echo(line)


def indexer_health(
    seconds: Annotated[
        float, typer.Option(help="Maximum seconds since the index was last up to date.")
    ] = 60,
    ready: Annotated[
        bool, typer.Option("--ready", help="Also read the index, and show how far it is behind.")
    ] = False,
) -> None:
    """Check that this host's search index can be read and is updated."""
    folder = search_folder()
    if not is_searchable(folder):
        raise _unhealthy("no search: no index has been built yet")
    age = age_of(index_file(folder))
    if age is None or age > seconds:
        raise _unhealthy(f"the index has not been updated for {age or seconds:.0f} s")
    typer.echo(_index_status() if ready else f"the index was up to date {age:.0f} s ago")


def _index_status() -> str:
    from models.database import in_transaction  # noqa: PLC0415
    from tasks.search.index_searcher import IndexMissing  # noqa: PLC0415
    from tasks.search.index_status import index_status  # noqa: PLC0415

    try:
        current = in_transaction(index_status, search_folder())
    except IndexMissing as error:
        raise _unhealthy(f"no search: {error}") from None
    return f"{count(current.segments, 'segment')}, {count(current.behind, 'episode')} to index"


def web_health() -> None:
    """Check that this host serves its pages."""
    settings = get_settings()
    host = local_host(settings)
    connection = http.client.HTTPConnection(host, settings.web_port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        status = connection.getresponse().status
    except OSError as error:
        raise _unhealthy(f"no answer from {host}:{settings.web_port}: {error}") from None
    finally:
        connection.close()
    if status != 200:
        raise _unhealthy(f"{host}:{settings.web_port} is not ready: {status}")
    typer.echo(f"{host}:{settings.web_port} is ready")


def _unhealthy(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)
