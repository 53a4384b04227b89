"""Celery tasks of speech to text: find what is due, and run one job."""

from typing import Any

import structlog
from celery import shared_task

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.runner import Message, run_job
from tasks.speech.episode import transcribe_episode as transcribe
from tasks.speech.store.due import request_due

log = structlog.get_logger()

SCHEDULE = {"overheard.speech.request_due_episodes": "speech_tick_seconds"}

# Hours of audio take hours. The message is acknowledged before the work begins, or the broker would
# deliver it again after its visibility timeout; if the worker is lost, the lease of the row expires
# and the sweeper sends the job again.
_TIME_LIMIT = 24 * 3600


@shared_task(
    name="overheard.speech.transcribe_episode",
    bind=True,
    acks_late=False,
    soft_time_limit=_TIME_LIMIT,
    time_limit=_TIME_LIMIT + 60,
)
def transcribe_episode(self: Any, job_id: int) -> None:
    """Run one transcribe job: make a transcript from the audio of its episode."""
    run_job(job_id, Message.of(self.request), transcribe)


@shared_task(name="overheard.speech.request_due_episodes")
def request_due_episodes() -> None:
    """Request jobs for episodes without a transcript, if audio is to be transcribed."""
    if not get_settings().speech:
        return
    if requested := in_transaction(_request):
        log.info("episodes_to_transcribe", jobs=requested)
        publish_waiting_jobs()


def _request(session: Session) -> int:
    return request_due(session, get_settings(), database_time(session))
