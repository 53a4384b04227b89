"""Pauses and resumes podcasts."""

from sqlmodel import Session

from models.database import database_time
from tasks.podcasts.store.due_times import schedule_poll_now, stop_polling
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent


def pause(session: Session, podcast_id: int) -> bool:
    """Stop polling a podcast; its episodes stay and count. False if it was not polled."""
    if not change_state(session, podcast_id, PodcastEvent.pause):
        return False
    stop_polling(session, podcast_id, "paused")
    return True


def resume(session: Session, podcast_id: int) -> bool:
    """Poll a paused podcast again, now. False if it was not paused."""
    if not change_state(session, podcast_id, PodcastEvent.resume):
        return False
    schedule_poll_now(session, [podcast_id], database_time(session), skip_validators=False)
    return True
