"""The processes of the service: their commands, and which workers respond."""

import os
import sys

from celery import Celery
from kombu.exceptions import OperationalError

from models import get_settings
from workers.local.supervisor import ProcessSpec

PING_SECONDS = 1.0


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "workers.cli", *arguments]


def concurrency() -> int:
    """Processes per worker: as configured, or one for each available core."""
    return get_settings().concurrency or len(os.sched_getaffinity(0))


def service_processes(*, pages: bool = True, suffix: str = "") -> list[ProcessSpec]:
    """Workers for polls, jobs and scheduled tasks, beat, the indexer and the web server.

    The sweeper has its own worker, so that a flood of parse jobs cannot delay it. ``suffix`` ends
    the workers' names, which must be unique on their host.
    """
    work = ("worker", "--queues", "poll,parse", "--name", f"work{suffix}")
    ops = ("worker", "--queues", "ops", "--name", f"ops{suffix}", "--concurrency", "1")
    processes = [
        ProcessSpec("work", _command(*work)),
        ProcessSpec("ops", _command(*ops)),
        ProcessSpec("beat", _command("beat")),
    ]
    if not pages:
        return processes
    indexer = ProcessSpec("search", _command("search", "keep"))
    return [*processes, indexer, ProcessSpec("web", _command("web"))]


def ping_workers(app: Celery, *, enough: int | None = None) -> list[str]:
    """The names of the workers that respond within a second; at most ``enough`` of them."""
    try:
        replies = app.control.ping(timeout=PING_SECONDS, limit=enough)
        return [name for reply in replies for name in reply]
    except OperationalError:
        return []
