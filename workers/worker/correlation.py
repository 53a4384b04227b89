"""Correlation ids: passed from task to task in a header, and added to every log line."""

from typing import Any

import structlog
from celery.signals import before_task_publish, task_postrun, task_prerun

from tasks.jobs.correlation import HEADER, correlation_id


@before_task_publish.connect
def _add_header(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Give a message the correlation id of the work that publishes it."""
    if headers is not None and not headers.get(HEADER) and (current := correlation_id()):
        headers[HEADER] = current


@task_prerun.connect
def _bind_ids(task_id: str = "", task: Any = None, **_: Any) -> None:
    received = getattr(task.request, HEADER, None) or f"task-{task_id[:12]}"
    structlog.contextvars.bind_contextvars(task_id=task_id, correlation_id=received)


@task_postrun.connect
def _unbind_ids(**_: Any) -> None:
    structlog.contextvars.unbind_contextvars("task_id", "correlation_id")
