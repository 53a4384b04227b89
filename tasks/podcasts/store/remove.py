"""Removes podcasts: they are not polled and count nowhere, but their rows stay."""

from sqlalchemy import text
from sqlmodel import Session

from models.database import database_time
from tasks.podcasts.store.due_times import stop_polling
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent

_SET_REMOVED_AT = text("UPDATE podcast SET removed_at = :now WHERE id = :id")


def remove(session: Session, podcast_id: int) -> bool:
    """Stop polling a podcast and count it nowhere; its rows stay as a tombstone.

    False if it was removed before. What a merge gave to another podcast stays there.
    """
    if not change_state(session, podcast_id, PodcastEvent.remove):
        return False
    now = database_time(session)
    stop_polling(session, podcast_id, "removed")
    session.connection().execute(_SET_REMOVED_AT, {"id": podcast_id, "now": now})
    return True
