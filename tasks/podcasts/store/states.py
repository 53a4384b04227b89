"""Changes the states of podcasts under their locks, by the table of transitions."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState
from tasks.counts.store.updates import updating_counts
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.podcasts.transitions import PodcastEvent, next_state, sources_of

_STATE = text("SELECT state FROM podcast WHERE id = :id")
_SET_STATE = text("UPDATE podcast SET state = :state WHERE id = :id")
_DOCUMENTS = text("""
    UPDATE podcast SET state = 'active' WHERE id = ANY(:ids) AND state = ANY(:states)
""")


def locked_state(session: Session, podcast_id: int) -> PodcastState:
    """The state of a podcast, which stays as it is until the end of the transaction."""
    lock_podcasts(session, [podcast_id])
    return state_of(session, podcast_id)


def state_of(session: Session, podcast_id: int) -> PodcastState:
    """The state of a podcast; the caller has its lock."""
    return PodcastState(session.connection().execute(_STATE, {"id": podcast_id}).scalar_one())


def change_state(
    session: Session, podcast_id: int, event: PodcastEvent, before: PodcastState | None = None
) -> bool:
    """Change the state of a podcast as the event says, and the counts of its people with it.

    ``before`` is the state to return to, where several may follow. False when the event may not
    happen in the state that the podcast has now.
    """
    state = locked_state(session, podcast_id)
    following = next_state(state, event, before)
    if following is None:
        return False
    if PodcastState.removed in {state, following} and state != following:
        with updating_counts(session, lock_episodes(session, [podcast_id])):
            set_state(session, podcast_id, following)
    else:
        set_state(session, podcast_id, following)
    return True


def set_state(session: Session, podcast_id: int, state: PodcastState) -> None:
    """Write a state that the table of transitions has allowed; the caller has the locks."""
    session.connection().execute(_SET_STATE, {"id": podcast_id, "state": state.value})
    session.expire_all()


def record_documents(session: Session, podcast_ids: Sequence[int]) -> None:
    """Make podcasts active whose feeds have a document; the states of others stay."""
    if podcast_ids:
        lock_podcasts(session, sorted(podcast_ids))
        states = [state.value for state in sources_of(PodcastEvent.document)]
        session.connection().execute(_DOCUMENTS, {"ids": sorted(podcast_ids), "states": states})
        session.expire_all()
