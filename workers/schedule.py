"""Collects what the subjects in ``tasks/`` declare: Celery tasks and beat's schedule."""

import ast
import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import tasks
from models.settings import Settings


def subjects() -> list[str]:
    """The packages whose ``tasks.py`` Celery discovers."""
    return [f"tasks.{module.name}" for module in pkgutil.iter_modules(tasks.__path__)]


def task_modules() -> Iterator[ModuleType]:
    """The ``tasks.py`` of each subject that has one."""
    for subject in subjects():
        if importlib.util.find_spec(f"{subject}.tasks"):
            yield importlib.import_module(f"{subject}.tasks")


def declared_schedule() -> dict[str, Any]:
    """Each subject's ``SCHEDULE``: seconds, or the name of a setting, by task.

    It is read from the source: beat sends tasks by name, and would otherwise import them all.
    """
    schedule: dict[str, Any] = {}
    for subject in pkgutil.iter_modules(tasks.__path__):
        source = Path(tasks.__path__[0], subject.name, "tasks.py")
        for node in ast.parse(source.read_bytes()).body if source.exists() else ():
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "SCHEDULE":
                schedule |= ast.literal_eval(node.value)
    return schedule


def beat_schedule(settings: Settings) -> dict[str, Any]:
    """Beat's schedule, in seconds.

    Scheduled tasks do not expire: a worker whose clock is ahead would drop them all.
    """
    return {
        task: {
            "task": task,
            "schedule": getattr(settings, interval) if isinstance(interval, str) else interval,
            "options": {"queue": "ops"},
        }
        for task, interval in declared_schedule().items()
    }
