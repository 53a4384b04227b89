"""One appearance with all that a quote names: its speaker, episode and podcast."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import BigInteger, bindparam, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value
from models.queries.shown import fetch_one, private_podcasts
from models.queries.transcript_source import episode_source
from models.queries.visibility import VISIBLE, is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, Speaker

_EPISODES_OF_QUOTES = 20
# The same all day, as long as the episodes are: in the order of a hash of the day and the quote.
_OF_THE_DAY = f"""
    SELECT a.id FROM speaker s
    JOIN appearance a ON a.speaker_id = s.id JOIN person o ON o.id = s.person_id
    WHERE s.episode_id = ANY(ARRAY(
            SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
            WHERE {VISIBLE} AND p.id <> ALL(CAST(:private AS bigint[]))
                AND EXISTS (SELECT FROM speaker h WHERE h.episode_id = e.id AND h.person_id > 0)
            ORDER BY e.stats_date DESC, e.id DESC LIMIT :episodes))
        AND o.state = 'active' AND length(a.text) BETWEEN 80 AND 280
        AND upper(left(a.text, 1)) = left(a.text, 1) AND a.text ~ '[.!?]$'
    ORDER BY a.start_ms IS NULL, md5(:day || a.id) LIMIT 1
"""  # noqa: S608  constants of ours


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


def quote_of_the_day(session: Session, today: date) -> int | None:
    """The id of a quote of a day: a whole sentence or two of the newest public episodes."""
    params = {
        "day": today.isoformat(),
        "private": list(private_podcasts(session)),
        "episodes": _EPISODES_OF_QUOTES,
    }
    found: int | None = fetch_value(session, _OF_THE_DAY, params)
    return found


def quote(session: Session, appearance_id: int) -> Quote | None:
    """The quote, if it is attributed to a person and counts."""
    return fetch_one(session, _QUOTE, Quote, {"id": appearance_id})
