"""Writes the contents page of tasks/: every Celery task with its queue and schedule."""

import os
import textwrap
from pathlib import Path

from models import get_settings
from workers.celery_app import ROUTES, app
from workers.schedule import subjects, task_modules

PAGE = Path(__file__).parents[1] / "tasks" / "__init__.py"
OPENING = "What Overheard does: one folder per subject, each with its Celery tasks in ``tasks.py``."


def queue_of(task: str) -> str:
    """The queue that a task is routed to."""
    prefix = task.rpartition(".")[0]
    route = ROUTES.get(task) or ROUTES.get(f"{prefix}.*") or {"queue": "ops"}
    return route["queue"]


def every(schedule: object) -> str:
    """When beat sends a task: a setting, or seconds."""
    if schedule is None:
        return "on demand"
    if isinstance(schedule, str):
        return f"OVERHEARD_{schedule.upper()}"
    return f"every {schedule:g} s"


def contents() -> str:
    """The docstring of tasks/__init__.py; the app needs some broker URL, and connects to none."""
    os.environ.setdefault("OVERHEARD_BROKER_URL", "redis://127.0.0.1:1/0")
    get_settings.cache_clear()
    app.loader.import_default_modules()
    schedule = {k: v for m in task_modules() for k, v in getattr(m, "SCHEDULE", {}).items()}
    rows = [
        (name, queue_of(name), every(schedule.get(name)), (task.__doc__ or "").splitlines()[0])
        for subject in subjects()
        for name, task in sorted(app.tasks.items())
        if name.startswith(f"overheard.{subject.removeprefix('tasks.')}.")
    ]
    lines = [
        textwrap.fill(f"{name} ({queue}, {when}): {summary}", 98, subsequent_indent="    ")
        for name, queue, when, summary in rows
    ]
    return f'"""{OPENING}\n\n' + "\n".join(lines) + '\n"""\n'


if __name__ == "__main__":
    PAGE.write_text(contents(), encoding="utf-8")
