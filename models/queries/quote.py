"""One appearance with all that a quote names: its speaker, episode and podcast."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, bindparam, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled
from models.queries.shown import fetch_one
from models.queries.transcript_source import episode_source
from models.queries.visibility import is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, Speaker


@dataclass(frozen=True, slots=True)
class Quote:
    """What a person says in one segment, and where; the time in milliseconds."""

    id: int
    text: str
    start_ms: int | None
    person: str
    slug: str
    method: str
    episode_id: int
    episode: str
    stats_date: date
    duration_ms: int | None
    audio_url: str | None
    podcast_id: int
    podcast: str
    feed_url: str
    source: str


_QUOTE = Compiled(
    select(
        *row_columns(
            Quote,
            Appearance,
            Speaker,
            Episode,
            Podcast,
            person=Person.name,
            slug=Person.slug,
            episode=Episode.title,
            podcast=Podcast.title,
            source=episode_source(),
        )
    )
    .join(Speaker, col(Speaker.id) == Appearance.speaker_id)
    .join(Person, col(Person.id) == Speaker.person_id)
    .join(Episode, col(Episode.id) == Appearance.episode_id)
    .join(Podcast, col(Podcast.id) == Episode.podcast_id)
    .where(
        col(Appearance.id) == bindparam("id", type_=BigInteger),
        col(Person.state) == PersonState.active,
        is_visible(),
    )
)


def quote(session: Session, appearance_id: int) -> Quote | None:
    """The quote, if it is attributed to a person and counts."""
    return fetch_one(session, _QUOTE, Quote, {"id": appearance_id})
