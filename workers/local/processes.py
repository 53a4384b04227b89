"""The processes of the service: their commands, and which workers respond."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

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


def for_terminal(processes: Sequence[ProcessSpec]) -> list[ProcessSpec]:
    """Let processes log for the terminal on which their lines appear, unless a setting says how.

    Each line has the name of its process in front.
    """
    if not sys.stdout.isatty() or "log_format" in get_settings().model_fields_set:
        return list(processes)
    width = shutil.get_terminal_size().columns - max(len(f"{one.name} | ") for one in processes)
    terminal = {"OVERHEARD_LOG_FORMAT": "terminal", "COLUMNS": str(width)}
    return [replace(one, env={**one.env, **terminal}) for one in processes]


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
