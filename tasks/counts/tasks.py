"""Celery tasks: recompute the counts of a person."""

from typing import Any

from celery import shared_task

from tasks.counts.recompute_person import count
from tasks.jobs.runner import Message, run_job


@shared_task(name="overheard.counts.recompute_person", bind=True)
def recompute_person(self: Any, job_id: int) -> None:
    """Run one job of kind ``count``; the message contains only its id."""
    run_job(job_id, Message.of(self.request), count)
