"""Pauses and resumes podcasts."""

from sqlmodel import Session

from models import PodcastState
from models.database import database_time
from tasks.feeds.store import set_podcast_state
from tasks.podcasts.store.due_times import schedule_poll_now, stop_polling


def pause(session: Session, podcast_id: int) -> bool:
    """Stop polling a podcast; its episodes stay and count. False if it was not polled."""
    polled = (PodcastState.active, PodcastState.gone)
    if not set_podcast_state(session, podcast_id, PodcastState.paused, only_from=polled):
        return False
    stop_polling(session, podcast_id, "paused")
    return True


def resume(session: Session, podcast_id: int) -> bool:
    """Poll a paused podcast again, now. False if it was not paused."""
    paused = (PodcastState.paused,)
    if not set_podcast_state(session, podcast_id, PodcastState.active, only_from=paused):
        return False
    schedule_poll_now(session, [podcast_id], database_time(session), skip_validators=False)
    return True
