"""Celery tasks of ingest."""

from typing import Any

from celery import shared_task

from tasks.ingest.episode import parse
from tasks.jobs.runner import Message, run_job


@shared_task(name="overheard.ingest.parse_episode", bind=True)
def parse_episode(self: Any, job_id: int) -> None:
    """Do one parse job; the message carries its id and nothing else."""
    run_job(job_id, Message.of(self.request), parse)
