"""Whether a transcription may go on: it stops between two chunks when it may not."""

from sqlalchemy import func
from sqlmodel import col, select

from models import QueuePause, QueueState, Settings, TranscriptionChunk
from models.database import Session, database_time
from tasks.jobs.values import JobPostponed
from tasks.speech.budget import check_budget

QUEUE = "transcribe"
_PAUSED_SECONDS = 60.0


def check_may_go_on(session: Session, settings: Settings) -> None:
    """Check between two chunks that the work is wanted now.

    Raises:
        JobPostponed: the queue is paused, it is another hour of the day, or the hours of audio of
            today are used up.
    """
    paused = select(QueuePause).where(
        QueuePause.name == QUEUE, col(QueuePause.state) == QueueState.paused
    )
    if session.exec(paused).first() is not None:
        raise JobPostponed("queue_paused", _PAUSED_SECONDS)
    today_ms = _transcribed_today_ms(session) if settings.speech_hours_per_day else 0
    hours = settings.speech_from_hour, settings.speech_until_hour
    check_budget(database_time(session), hours, settings.speech_hours_per_day, today_ms)


def _transcribed_today_ms(session: Session) -> int:
    """How much audio was transcribed since midnight (UTC), in milliseconds."""
    length = func.sum(col(TranscriptionChunk.end_ms) - col(TranscriptionChunk.start_ms))
    today = func.date_trunc("day", func.clock_timestamp(), "UTC")
    of_today = select(length).where(col(TranscriptionChunk.transcribed_at) >= today)
    return int(session.exec(of_today).one() or 0)
