"""What an operator's page shows of a podcast whose state is changed, and what is not polled."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import fetch_value
from models.queries.shown import fetch_all, fetch_only
from models.tables.person import Person, PersonPodcast, PersonState
from models.tables.podcast import Podcast, PodcastState

# An operator can poll these again; a duplicate is polled by its survivor's feed.
NOT_POLLED = (PodcastState.paused, PodcastState.removed, PodcastState.refused)
_IS_NOT_POLLED = col(Podcast.state).in_(NOT_POLLED)


@dataclass(frozen=True, slots=True)
class CountedPeople:
    """The people who count in a podcast, and those of them who count in no other."""

    people: int
    nowhere_else: int


@dataclass(frozen=True, slots=True)
class UnpolledPodcast:
    """A podcast that an operator can poll again; ``feed_url`` is without secrets."""

    id: int
    title: str
    feed_url: str
    state: str
    removed_at: datetime | None


def counted_people(session: Session, podcast_id: int) -> CountedPeople:
    """Whom a podcast's removal concerns; one that is removed counts for nobody."""
    columns = row_columns(
        CountedPeople,
        people=func.count(),
        nowhere_else=func.count().filter(col(Person.podcasts) == 1),
    )
    query = (
        select(*columns)
        .select_from(PersonPodcast)
        .join(Person, col(Person.id) == PersonPodcast.person_id)
        .where(col(PersonPodcast.podcast_id) == podcast_id)
        .where(col(Person.state) == PersonState.active)
    )
    return fetch_only(session, query, CountedPeople)


def unpolled_podcasts(
    session: Session, *, before: int | None = None, limit: int
) -> list[UnpolledPodcast]:
    """Podcasts that are paused, removed or refused, newest first, from below an id."""
    query = (
        select(*row_columns(UnpolledPodcast, Podcast))
        .where(_IS_NOT_POLLED)
        .order_by(col(Podcast.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Podcast.id) < before)
    return fetch_all(session, query, UnpolledPodcast)


def count_unpolled(session: Session) -> int:
    """How many podcasts ``unpolled_podcasts`` lists in all."""
    return int(fetch_value(session, select(func.count()).where(_IS_NOT_POLLED)))
