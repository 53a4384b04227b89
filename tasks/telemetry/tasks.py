"""Celery tasks: the heartbeat of workers."""

from typing import Any

from celery import shared_task

from tasks.telemetry.heartbeat import record_progress


@shared_task(name="overheard.telemetry.heartbeat", bind=True)
def heartbeat(self: Any) -> None:
    """Record progress: this task went through the worker's own queue and pool."""
    record_progress(self.request.hostname)
