"""Removes podcasts: they are not polled and count nowhere, but their rows stay."""

from sqlalchemy import update
from sqlmodel import Session, col

from models import Podcast
from models.database import database_time
from models.database.sql import execute
from tasks.podcasts.store.due_times import stop_polling
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent


def remove(session: Session, podcast_id: int) -> bool:
    """Stop polling a podcast and count it nowhere; its rows stay as a tombstone.

    False if it was removed before. What a merge gave to another podcast stays there.
    """
    if not change_state(session, podcast_id, PodcastEvent.remove):
        return False
    now = database_time(session)
    stop_polling(session, podcast_id, "removed")
    execute(session, update(Podcast).where(col(Podcast.id) == podcast_id).values(removed_at=now))
    return True
