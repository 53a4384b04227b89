"""The command that runs a worker."""

import os
import sys
from typing import Annotated

import typer

import workers.worker.inspect_commands  # noqa: F401  registers our inspect command
from models.database import engine
from models.settings import get_settings
from tasks.http.settings import guard
from tasks.telemetry.health_files import node_name
from workers.celery_app import QUEUES, app
from workers.local.processes import concurrency
from workers.worker.celery_logging import begin_service_logs
from workers.worker.graceful_shutdown import Worker
from workers.worker.heartbeat import heartbeat_running, own_queue


def worker(
    queues: Annotated[str, typer.Option(help="Comma-separated queues.")] = ",".join(QUEUES),
    name: Annotated[str, typer.Option(help="Name of the worker, unique on this host.")] = "worker",
    processes: Annotated[
        int | None,
        typer.Option("--concurrency", min=1, help="Number of processes. Default: one per core."),
    ] = None,
) -> None:
    """Run one worker until SIGTERM; unfinished jobs are released."""
    unknown = set(queues.split(",")) - set(QUEUES)
    if unknown:
        raise typer.BadParameter(f"no such queue: {', '.join(sorted(unknown))}")
    engine()  # raises DatabaseMissing; otherwise each of its tasks would fail
    guard(get_settings())  # raises on an invalid setting, likewise
    begin_service_logs(name)
    # Celery prints its goodbye on the raw stdout, past every log.
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
