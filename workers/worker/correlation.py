"""Carries the correlation id from task to task in a header, and puts the ids into every line."""

from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun

from tasks.jobs.correlation import HEADER, correlation_id


@before_task_publish.connect
def _send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A message follows from what is being done where it is sent."""
    if headers is not None and not headers.get(HEADER) and (word := correlation_id()):
        headers[HEADER] = word


@task_prerun.connect
def _take_over(task_id: str = "", task: Any = None, **_: Any) -> None:
    word = getattr(task.request, HEADER, None) or f"task-{task_id[:12]}"
    structlog.contextvars.bind_contextvars(task_id=task_id, correlation_id=word)


@task_postrun.connect
def _let_go(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("task_id", "correlation_id")
