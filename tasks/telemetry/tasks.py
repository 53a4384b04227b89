"""Celery tasks of telemetry."""

from typing import Any

from celery import shared_task

from tasks.telemetry.heartbeat import record_progress


@shared_task(name="overheard.telemetry.heartbeat", bind=True)
def heartbeat(self: Any) -> None:
    """Complete a task through this worker's own queue and pool, which shows that work gets done."""
    record_progress(self.request.hostname)
