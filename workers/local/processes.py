"""The processes of the service: which there are, how each is started, whether any is alive."""

import os
import sys

from celery import Celery
from kombu.exceptions import OperationalError

from models import get_settings
from workers.local.supervisor import ProcessSpec

PING_SECONDS = 1.0


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "workers.cli", *words]


def concurrency() -> int:
    """Processes per worker: as set, or one for each core that we may use."""
    return get_settings().concurrency or len(os.sched_getaffinity(0))


def service_processes(*, pages: bool = True, suffix: str = "") -> list[ProcessSpec]:
    """Workers for the work, one apart for ticks and the sweeper, beat, the pages and their search.

    A flood of parse jobs must never delay the sweeper, so it does not share their processes.
    ``suffix`` ends the names of the workers, which are unique on their host.
    """
    work = ("worker", "--queues", "poll,parse", "--name", f"work{suffix}")
    ops = ("worker", "--queues", "ops", "--name", f"ops{suffix}", "--concurrency", "1")
    working = [
        ProcessSpec("work", _command(*work)),
        ProcessSpec("ops", _command(*ops)),
        ProcessSpec("beat", _command("beat")),
    ]
    if not pages:
        return working
    keeper = ProcessSpec("search", _command("search", "keep"))
    return [*working, keeper, ProcessSpec("web", _command("web"))]


def processes_alive(app: Celery, *, enough: int | None = None) -> list[str]:
    """The names of the workers that answer within a second, or of the first that are enough."""
    try:
        answers = app.control.ping(timeout=PING_SECONDS, limit=enough)
        return [name for answer in answers for name in answer]
    except OperationalError:
        return []
