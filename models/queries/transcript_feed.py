"""A podcast's newest episodes that have a transcript, for the feed that offers them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Integer, bindparam, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled
from models.queries.shown import fetch_all
from models.queries.visibility import is_original
from models.tables.episode import Episode
from models.tables.speaker import Appearance


@dataclass(frozen=True, slots=True)
class TranscribedEpisode:
    """An episode of a feed, and whether its transcript has times."""

    of_episode: ClassVar = "id"

    id: int
    guid: str | None
    title: str
    published_at: datetime | None
    audio_url: str | None
    audio_type: str | None
    audio_length: int | None
    is_timed: bool


_FIRST_START = (
    select(col(Appearance.start_ms))
    .where(col(Appearance.episode_id) == Episode.id)
    .order_by(col(Appearance.position))
    .limit(1)
)
_EPISODES = Compiled(
    select(
        *row_columns(
            TranscribedEpisode, Episode, is_timed=_FIRST_START.scalar_subquery().is_not(None)
        )
    )
    .where(
        col(Episode.podcast_id) == bindparam("id", type_=BigInteger),
        is_original(),
        select(col(Appearance.id)).where(col(Appearance.episode_id) == Episode.id).exists(),
    )
    .order_by(col(Episode.stats_date).desc(), col(Episode.id).desc())
    .limit(bindparam("limit", type_=Integer))
)


def episodes_with_transcripts(
    session: Session, podcast_id: int, limit: int
) -> list[TranscribedEpisode]:
    """The newest episodes of a podcast that have a transcript."""
    params = {"id": podcast_id, "limit": limit}
    return fetch_all(session, _EPISODES, TranscribedEpisode, params)
