"""Collects what the subjects in ``tasks/`` declare: Celery tasks and beat's schedule."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import tasks
from models import Settings


def subjects() -> list[str]:
    """The packages whose ``tasks.py`` Celery discovers."""
    return [f"tasks.{module.name}" for module in pkgutil.iter_modules(tasks.__path__)]


def task_modules() -> Iterator[ModuleType]:
    """The ``tasks.py`` of each subject that has one."""
    for subject in subjects():
        if importlib.util.find_spec(f"{subject}.tasks"):
            yield importlib.import_module(f"{subject}.tasks")


def beat_schedule(settings: Settings) -> dict[str, Any]:
    """Beat's schedule from each subject's ``SCHEDULE``: seconds, or the name of a setting.

    Scheduled tasks do not expire: a worker whose clock is ahead would drop them all.
    """
    return {
        task: {
            "task": task,
            "schedule": getattr(settings, interval) if isinstance(interval, str) else interval,
            "options": {"queue": "ops"},
        }
        for module in task_modules()
        for task, interval in getattr(module, "SCHEDULE", {}).items()
    }
