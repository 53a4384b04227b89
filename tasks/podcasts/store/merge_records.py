"""Merges of podcasts as rows: those in force, what they took, and what a person ended."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, or_, select

from models import (
    MergeCause,
    MergedEpisode,
    Podcast,
    PodcastMerge,
    PodcastState,
    Suggestion,
)
from models.database.row_columns import any_of, row_columns
from models.database.sql import execute, fetch_all, fetch_value, statement
from tasks.podcasts.placement import Merge, MergeForest

# One lock for all merges: they are few, and each may concern a chain of podcasts.
MERGE_LOCK = 0x0F3E_4EA2F
_IN_FORCE = col(PodcastMerge.unmerged_at).is_(None)
_RECORD_EPISODES = statement("""
    INSERT INTO merged_episode (merge_id, episode_id, same_as)
    SELECT :merge_id, n.episode_id, n.same_as
    FROM unnest(CAST(:ids AS bigint[]), CAST(:same_as AS bigint[])) AS n (episode_id, same_as)
    ORDER BY n.episode_id
    ON CONFLICT (merge_id, episode_id) DO UPDATE SET same_as = excluded.same_as
""")


def lock_merges(session: Session) -> MergeForest:
    """The merges in force; until the end of the transaction nobody else changes them."""
    session.exec(select(func.pg_advisory_xact_lock(MERGE_LOCK)))
    return merge_forest(session)


def merge_forest(session: Session) -> MergeForest:
    """The merges in force, at this moment."""
    query = select(*row_columns(Merge, PodcastMerge)).where(_IN_FORCE)
    return MergeForest(fetch_all(session, query, Merge))


def same_episodes(session: Session, podcasts: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs that the merges of these podcasts in force found to be the same episode."""
    query = (
        select(MergedEpisode.episode_id, MergedEpisode.same_as)
        .join(PodcastMerge, col(PodcastMerge.id) == MergedEpisode.merge_id)
        .where(_IN_FORCE, col(PodcastMerge.podcast_id) == any_of(podcasts))
    )
    return [(one, other) for one, other in session.exec(query) if other is not None]


def record_merge(
    session: Session,
    podcast_id: int,
    survivor_id: int,
    former_state: PodcastState,
    cause: MergeCause,
    now: datetime,
) -> Merge:
    """Record that a podcast was merged; what a machine merges is not merged as a whole."""
    is_whole = cause is MergeCause.operator
    row = insert(PodcastMerge).values(
        podcast_id=podcast_id,
        survivor_id=survivor_id,
        former_state=former_state,
        cause=cause,
        is_whole=is_whole,
        merged_at=now,
    )
    merge_id = fetch_value(session, row.returning(col(PodcastMerge.id)))
    return Merge(merge_id, podcast_id, survivor_id, is_whole)


def record_episodes(
    session: Session, merge_id: int, same: Iterable[tuple[int, int]], moved: Iterable[int]
) -> None:
    """Record the episodes that a merge took: (episode, the same one), and those that moved."""
    taken: dict[int, int | None] = dict.fromkeys(moved)
    taken.update(same)
    params = {"merge_id": merge_id, "ids": list(taken), "same_as": list(taken.values())}
    execute(session, _RECORD_EPISODES, params)


def end_merge(session: Session, merge_id: int, now: datetime) -> PodcastState:
    """Record that a merge was undone; returns the state of the podcast before it."""
    ended = update(PodcastMerge).where(col(PodcastMerge.id) == merge_id).values(unmerged_at=now)
    former_state: PodcastState = fetch_value(
        session, ended.returning(col(PodcastMerge.former_state))
    )
    return former_state


def make_whole(session: Session, merge_id: int) -> None:
    """Record that an operator accepted all of what a machine had merged in part."""
    merge = update(PodcastMerge).where(col(PodcastMerge.id) == merge_id)
    execute(session, merge.values(is_whole=True, cause=MergeCause.operator))


def was_unmerged(session: Session, leaving_id: int, group: Sequence[int]) -> bool:
    """Whether a person unmerged this podcast before, or one of the group from it."""
    into_it = (col(PodcastMerge.podcast_id) == any_of(group)) & (
        col(PodcastMerge.survivor_id) == leaving_id
    )
    query = select(PodcastMerge.id).where(
        ~_IN_FORCE, or_(col(PodcastMerge.podcast_id) == leaving_id, into_it)
    )
    return session.exec(query.limit(1)).first() is not None


def close_suggestions(session: Session, podcast_id: int, now: datetime) -> None:
    """Close the suggestions to merge a podcast, after it was merged as a whole.

    They are open only as long as there is something left to merge.
    """
    open_ones = update(Suggestion).where(
        col(Suggestion.kind) == "merge_podcasts",
        col(Suggestion.podcast_id) == podcast_id,
        col(Suggestion.state) == "open",
    )
    execute(session, open_ones.values(state="accepted", decided_at=now))


def set_roots(session: Session, podcasts: Sequence[int], root_id: int | None) -> None:
    """Record in the podcasts' rows which podcast remained of their merges."""
    merged = update(Podcast).where(col(Podcast.id) == any_of(podcasts))
    execute(session, merged.values(duplicate_of=root_id))
    session.expire_all()
