"""The processes of the service: which there are, how each is started, whether any answers."""

import os
import sys

from models.settings import get_settings
from workers.local.supervisor import ProcessSpec

PING_SECONDS = 1.0


def command_line(*words: str) -> list[str]:
    """The words that run a command of ours in a process of its own."""
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
        ProcessSpec("work", command_line(*work)),
        ProcessSpec("ops", command_line(*ops)),
        ProcessSpec("beat", command_line("beat")),
    ]
    if not pages:
        return working
    indexer = ProcessSpec("indexer", command_line("indexer"))
    return [*working, indexer, ProcessSpec("web", command_line("web"))]


def workers_answering(*, enough: int | None = None) -> list[str]:
    """The names of the workers that answer within a second, or of the first that are enough."""
    from kombu.exceptions import OperationalError  # noqa: PLC0415  the supervisor pings nobody

    from workers.celery_app import app  # noqa: PLC0415  as above

    try:
        answers = app.control.ping(timeout=PING_SECONDS, limit=enough)
        return [name for answer in answers for name in answer]
    except OperationalError:
        return []
