"""Commands that run the service or a part of it: up, down, worker, beat, migrate, health."""

import os
import socket
import sys
import time
from typing import Annotated

import typer
from structlog.contextvars import clear_contextvars

import workers.worker.inspect_commands  # noqa: F401  answers when a worker is asked
from models import get_settings
from models.database import engine
from models.database.migrate import NEWEST_REVISION
from models.database.migrate import migrate as migrate_database
from tasks.telemetry.heartbeat import heartbeat_age
from workers.celery_app import QUEUES, app
from workers.cli.logs import local_logs
from workers.cli.output import errors
from workers.local.embedded.directory import default_data_dir
from workers.local.embedded.servers import down as stop_servers
from workers.local.processes import concurrency, service_processes
from workers.local.service import service
from workers.local.supervisor import Supervisor
from workers.logging.configure import configure_logs
from workers.worker.beat import beat_heartbeat_file
from workers.worker.graceful_shutdown import Worker
from workers.worker.heartbeat import UNHEALTHY_SECONDS, heartbeat_running, own_queue, process_alive
from workers.worker.readiness import broker_failure, what_is_lacking

health_app = typer.Typer(help="Health checks for containers: exit code 0 is healthy.")


def up(
    pages: Annotated[
        bool, typer.Option(help="Serve the pages, and keep their search, beside the work.")
    ] = True,
) -> None:
    """Run the whole service here: embedded servers if needed, migrations, workers, beat."""
    with service() as servers:
        watch = servers.ensure_running if servers else None
        os.environ.setdefault("OVERHEARD_LOG_DIR", str(local_logs()))
        code = Supervisor(service_processes(pages=pages)).run(watch=watch, say_ready=_say_up)
    raise typer.Exit(code)


def _say_up() -> None:
    typer.echo("Overheard is up; Ctrl-C stops it. Follow a podcast: overheard add URL")
    sys.stdout.flush()


def down() -> None:
    """Stop the embedded servers by hand, whoever uses them."""
    data_dir = get_settings().data or default_data_dir()
    typer.echo("stopped" if stop_servers(data_dir) else "nothing was running")


def worker(
    queues: Annotated[str, typer.Option(help="Comma-separated queues.")] = ",".join(QUEUES),
    name: Annotated[str, typer.Option(help="Name of the worker on this host.")] = "worker",
    processes: Annotated[
        int | None, typer.Option("--concurrency", min=1, help="Processes; default: the cores.")
    ] = None,
) -> None:
    """Run one worker, until SIGTERM: it finishes what it can and gives back the rest."""
    unknown = set(queues.split(",")) - set(QUEUES)
    if unknown:
        raise typer.BadParameter(f"no such queue: {', '.join(sorted(unknown))}")
    engine()  # or DatabaseMissing: each of its tasks would fail
    _become_service(name)
    # Celery takes its leave on the raw stdout, past every log.
    sys.__stdout__ = open(os.devnull, "w")  # type: ignore[misc]  # noqa: SIM115, PTH123
    node = node_name(name)
    with heartbeat_running(app, node):
        running = Worker(
            app=app,
            queues=[*queues.split(","), own_queue(app, node)],
            hostname=node,
            concurrency=processes or concurrency(),
            loglevel=get_settings().log_level,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            redirect_stdouts=False,
        )
        running.start()
    raise typer.Exit(running.exitcode or 0)


def _become_service(name: str) -> None:
    """Log as a part of the service: to a file too, and each tick and task under its own word."""
    clear_contextvars()
    configure_logs(file=name)


def node_name(name: str) -> str:
    """The name under which a worker of this host answers."""
    return f"{name}@{socket.gethostname()}"


def beat() -> None:
    """Run the clock: it sends the ticks, and holds nothing that could be lost."""
    _become_service("beat")
    app.Beat(loglevel=get_settings().log_level, quiet=True).run()


def migrate() -> None:
    """Bring the database to this version's schema; safe to run from several places at once."""
    with service(migrated=False):
        before = migrate_database(engine())
    same = before == NEWEST_REVISION
    typer.echo(f"schema at {before}" if same else f"schema {before or 'new'} -> {NEWEST_REVISION}")


@health_app.command("worker")
def worker_health(
    name: Annotated[str, typer.Option(help="Name of the worker on this host.")] = "worker",
    seconds: Annotated[
        float, typer.Option(help="How long it may have got nothing done.")
    ] = UNHEALTHY_SECONDS,
    ready: Annotated[
        bool, typer.Option("--ready", help="Also: could it work now? Asks broker and database.")
    ] = False,
) -> None:
    """Whether this host's worker gets something done; with --ready, whether it could now."""
    node = node_name(name)
    age = heartbeat_age(node)
    if age is None or age > seconds:
        _without_pulse(node, age, ready=ready)
        return
    if ready and (lacking := what_is_lacking()):
        errors.print(f"{node} cannot work: {lacking}", markup=False, highlight=False)
        raise typer.Exit(1)
    typer.echo(f"{node} got something done {age:.0f} s ago")


def _without_pulse(node: str, age: float | None, *, ready: bool) -> None:
    """A worker whose broker is away gets nothing done, and a new one would not either."""
    if process_alive(node) and not ready and age is not None and broker_failure() is not None:
        typer.echo(f"{node} waits for its broker")
        return
    said = "never got anything done" if age is None else f"got nothing done for {age:.0f} s"
    errors.print(f"{node} {said}", markup=False, highlight=False)
    raise typer.Exit(1)


@health_app.command("beat")
def beat_health(
    seconds: Annotated[float, typer.Option(help="How old the last tick may be.")] = 60,
) -> None:
    """Whether beat has sent a tick of late."""
    path = beat_heartbeat_file()
    age = time.time() - path.stat().st_mtime if path.exists() else None
    if age is None or age > seconds:
        said = "beat has sent no tick" if age is None else f"the last tick was sent {age:.0f} s ago"
        errors.print(said, highlight=False)
        raise typer.Exit(1)
    typer.echo(f"the last tick was sent {age:.0f} s ago")
