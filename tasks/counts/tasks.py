"""Celery tasks of counts."""

from typing import Any

from celery import shared_task

from tasks.counts.recompute_person import count
from tasks.jobs.runner import Message, run_job


@shared_task(name="overheard.counts.recompute_person", bind=True)
def recompute_person(self: Any, job_id: int) -> None:
    """Do one count job; the message carries its id and nothing else."""
    run_job(job_id, Message.of(self.request), count)
