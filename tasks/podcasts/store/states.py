"""Changes the states of podcasts under their locks, by the table of transitions."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from models import Podcast, PodcastState
from models.database.row_columns import any_of
from models.database.sql import execute
from tasks.counts.store.updates import updating_counts
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.podcasts.transitions import PodcastEvent, next_state, sources_of


def locked_state(session: Session, podcast_id: int) -> PodcastState:
    """The state of a podcast, which stays as it is until the end of the transaction."""
    lock_podcasts(session, [podcast_id])
    return state_of(session, podcast_id)


def state_of(session: Session, podcast_id: int) -> PodcastState:
    """The state of a podcast; the caller has its lock."""
    return session.exec(select(col(Podcast.state)).where(Podcast.id == podcast_id)).one()


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
    execute(session, update(Podcast).where(col(Podcast.id) == podcast_id).values(state=state))
    session.expire_all()


def record_documents(session: Session, podcast_ids: Sequence[int]) -> None:
    """Make podcasts active whose feeds have a document; the states of others stay."""
    if podcast_ids:
        lock_podcasts(session, sorted(podcast_ids))
        changed = update(Podcast).where(
            col(Podcast.id) == any_of(podcast_ids),
            col(Podcast.state).in_(sources_of(PodcastEvent.document)),
        )
        execute(session, changed.values(state=PodcastState.active))
        session.expire_all()
