"""Podcasts by title, whatever their state, but for those that were removed."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_all
from models.tables.podcast import Podcast, PodcastState


@dataclass(frozen=True, slots=True)
class TitledPodcast:
    """A podcast with its title, and its feed URL without secrets."""

    id: int
    title: str
    feed_url: str
    state: str


_TITLED = (
    select(*row_columns(TitledPodcast, Podcast))
    .where(col(Podcast.state) != PodcastState.removed, col(Podcast.title) != "")
    .order_by(col(Podcast.id))
)


def podcasts_titled(session: Session, title: str) -> list[TitledPodcast]:
    """The podcasts with this title, in capitals or not; duplicates only if there are no others."""
    same = func.lower(col(Podcast.title)) == func.lower(" ".join(title.split()))
    found = fetch_all(session, _TITLED.where(same), TitledPodcast)
    return [one for one in found if one.state != PodcastState.duplicate] or found


def podcast_titles(session: Session, *, limit: int) -> list[TitledPodcast]:
    """At most so many podcasts that have a title, those added first."""
    return fetch_all(session, _TITLED.limit(limit), TitledPodcast)
