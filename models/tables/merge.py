"""Merges of podcasts: which podcast went into which, and the episodes that each merge took."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import SQLModel

from models.tables.columns import member, member_of, moment, primary_key, reference
from models.tables.podcast import PodcastState


class MergeCause(StrEnum):
    """Who merged two podcasts: an operator, or the poller because a feed moved."""

    operator = "operator"
    moved = "moved"


class PodcastMerge(SQLModel, table=True):
    """A merge of ``podcast_id`` into ``survivor_id``, in force until ``unmerged_at``.

    ``former_state`` is the podcast's state before it. A merge that ``is_whole`` moves all episodes
    of the podcast; another one only lets those count once that the survivor's feed lists too.
    """

    __tablename__ = "podcast_merge"
    __table_args__ = (
        member_of("podcast_merge", "former_state", PodcastState),
        member_of("podcast_merge", "cause", MergeCause),
        CheckConstraint("podcast_id <> survivor_id", name="podcast_merge_two"),
        Index(
            "podcast_merge_once",
            "podcast_id",
            unique=True,
            postgresql_where=text("unmerged_at IS NULL"),
        ),
        Index("podcast_merge_survivor", "survivor_id"),
    )

    id: int | None = primary_key()
    podcast_id: int = reference("podcast.id")
    survivor_id: int = reference("podcast.id")
    former_state: PodcastState = member(PodcastState)
    cause: MergeCause = member(MergeCause)
    is_whole: bool
    merged_at: datetime = moment(nullable=False)
    unmerged_at: datetime | None = moment()


class MergedEpisode(SQLModel, table=True):
    """An episode that a merge took: the same as one of the survivor's, or moved.

    ``same_as`` is null if it was moved. Its podcast before is ``origin_podcast_id`` in its row.
    """

    __tablename__ = "merged_episode"
    __table_args__ = (
        Index("merged_episode_episode", "episode_id"),
        Index("merged_episode_same_as", "same_as", postgresql_where=text("same_as IS NOT NULL")),
    )

    merge_id: int = reference("podcast_merge.id", primary_key=True)
    episode_id: int = reference("episode.id", primary_key=True)
    same_as: int | None = reference("episode.id", nullable=True)
