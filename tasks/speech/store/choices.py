"""What operators choose: the switch of a podcast, and waiting transcriptions to cancel."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlmodel import col, select

from models import Episode, Job, JobState, Outcome, PodcastSpeech, SpeechMode
from models.database import Session
from models.database.sql import execute


def choose_speech(
    session: Session,
    podcast_id: int,
    mode: SpeechMode | None = None,
    speakers: int | None = None,
    charged_to: str | None = None,
) -> PodcastSpeech:
    """Choose which episodes of a podcast are transcribed, how many speak, and whose plan pays.

    What is None stays; 0 speakers means that it is unknown, and an empty holder that nobody pays.
    """
    chosen = session.get(PodcastSpeech, podcast_id)
    if chosen is None:
        chosen = PodcastSpeech(podcast_id=podcast_id, mode=mode or SpeechMode.if_missing)
    if mode is not None:
        chosen.mode = mode
    if speakers is not None:
        chosen.speakers = speakers or None
    if charged_to is not None:
        chosen.charged_to = charged_to or None
    session.add(chosen)
    session.flush()
    return chosen


def speech_modes(
    session: Session, podcast_ids: Collection[int], default: SpeechMode
) -> dict[int, SpeechMode]:
    """The mode of each podcast: its own choice, or the default."""
    chosen = select(PodcastSpeech).where(col(PodcastSpeech.podcast_id).in_(podcast_ids))
    modes = {each.podcast_id: each.mode for each in session.exec(chosen)}
    return {podcast_id: modes.get(podcast_id, default) for podcast_id in podcast_ids}


def cancel_waiting(session: Session, now: datetime, podcast_id: int | None = None) -> int:
    """Cancel the transcriptions that wait, of a podcast or all; returns how many."""
    waiting = update(Job).where(col(Job.kind) == "transcribe", col(Job.state) == JobState.waiting)
    if podcast_id is not None:
        of_podcast = select(Episode.id).where(Episode.podcast_id == podcast_id)
        waiting = waiting.where(col(Job.subject).in_(of_podcast))
    cancelled = waiting.values(
        state=JobState.done, outcome=Outcome.skipped, reason="cancelled", finished_at=now
    )
    return execute(session, cancelled)
