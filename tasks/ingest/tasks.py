"""Celery tasks of ingest: a message carries the id of a job, and the job names its episode."""

from typing import Any

from celery import shared_task

from tasks.ingest.episode import ingest_episode
from tasks.jobs.publisher import refill_queue
from tasks.jobs.runner import Message, run_job


@shared_task(name="overheard.ingest.parse_episode", bind=True)
def parse_episode(self: Any, job_id: int) -> None:
    """Run one parse job: fetch, parse and count the transcript of its episode."""
    run_job(job_id, Message.of(self.request), ingest_episode)
    refill_queue("parse")
