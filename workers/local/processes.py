"""The processes of the service: their commands, and which workers respond."""

import os
import sys

from models.settings import get_settings
from workers.local.supervisor import ProcessSpec

PING_SECONDS = 1.0


def command_line(*arguments: str) -> list[str]:
    """The arguments that run a command in a process of its own."""
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
        ProcessSpec("work", command_line(*work)),
        ProcessSpec("ops", command_line(*ops)),
        ProcessSpec("beat", command_line("beat")),
        *_speech_worker(suffix),
    ]
    if not pages:
        return processes
    indexer = ProcessSpec("indexer", command_line("indexer"))
    return [*processes, indexer, ProcessSpec("web", command_line("web"))]


def _speech_worker(suffix: str) -> list[ProcessSpec]:
    """A worker for audio where that is transcribed, of one process: an engine uses all cores."""
    if not get_settings().speech:
        return []
    work = ("worker", "--queues", "transcribe", "--name", f"speech{suffix}", "--concurrency", "1")
    return [ProcessSpec("speech", command_line(*work))]


def responding_workers(*, enough: int | None = None) -> list[str]:
    """The names of the workers that respond within a second; at most ``enough`` of them."""
    from tasks.jobs.broker import BrokerUnavailable, broker_errors  # noqa: PLC0415  `up` pings no one
    from workers.celery_app import app  # noqa: PLC0415  as above

    try:
        with broker_errors():
            replies = app.control.ping(timeout=PING_SECONDS, limit=enough)
        return [name for reply in replies for name in reply]
    except BrokerUnavailable:
        return []
