"""Podcasts that offer no transcript for any episode."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_all
from models.tables.episode import Episode, Transcript
from models.tables.podcast import Podcast


@dataclass(frozen=True, slots=True)
class SilentPodcast:
    """A podcast with episodes, none of which has a transcript."""

    podcast_id: int
    title: str
    episodes: int


def silent_podcasts(session: Session, podcast_ids: Collection[int]) -> list[SilentPodcast]:
    """Which of these podcasts have episodes, and no transcript at all."""
    offered = exists(
        select(col(Transcript.id))
        .join(Episode, col(Episode.id) == col(Transcript.episode_id))
        .where(col(Episode.podcast_id) == col(Podcast.id))
    )
    query = (
        select(
            *row_columns(
                SilentPodcast, Podcast, podcast_id=Podcast.id, episodes=func.count(col(Episode.id))
            )
        )
        .join(Episode, col(Episode.podcast_id) == col(Podcast.id))
        .where(col(Podcast.id).in_(podcast_ids), ~offered)
        .group_by(col(Podcast.id), col(Podcast.title))
        .order_by(col(Podcast.id))
    )
    return fetch_all(session, query, SilentPodcast)
