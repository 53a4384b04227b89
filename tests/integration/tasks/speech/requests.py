"""Requests for jobs of speech to text."""

from typing import Any

from models import Stage
from models.database import Session, database_time
from tasks.jobs.store import request_jobs


def request_transcription(session: Session, episode: int, **more: Any) -> int:
    """Request a transcribe job for an episode; returns its id."""
    options = {"stage": Stage.download} | more
    (job,) = request_jobs(session, "transcribe", [episode], database_time(session), **options)
    return job
