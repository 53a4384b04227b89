"""Where the listed transcripts of podcasts are: scheme, host and port."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.database.row_columns import any_of, row_columns
from models.database.sql import fetch_all
from models.tables.episode import Episode, Transcript


@dataclass(frozen=True, slots=True)
class TranscriptOrigin:
    """An origin, and how many transcripts of a podcast are there."""

    podcast_id: int
    origin: str
    transcripts: int


# Scheme and authority, without its userinfo.
_ORIGIN = func.regexp_replace(col(Transcript.url), "^([a-z]+://)([^/?#]*@)?([^/?#]*).*$", r"\1\3")


def transcript_origins(session: Session, podcast_ids: Collection[int]) -> list[TranscriptOrigin]:
    """The origins of the transcripts that these podcasts list, those with most first."""
    number = func.count(col(Transcript.id))
    columns = row_columns(
        TranscriptOrigin, podcast_id=Episode.podcast_id, origin=_ORIGIN, transcripts=number
    )
    query = (
        select(*columns)
        .join(Episode, col(Episode.id) == col(Transcript.episode_id))
        .where(col(Episode.podcast_id) == any_of(podcast_ids), col(Transcript.is_listed))
        .group_by(col(Episode.podcast_id), _ORIGIN)
        .order_by(col(Episode.podcast_id), number.desc(), _ORIGIN)
    )
    return fetch_all(session, query, TranscriptOrigin)
