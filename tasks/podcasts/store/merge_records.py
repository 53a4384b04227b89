"""Merges of podcasts as rows: those in force, what they took, and what a person ended."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import MergeCause, PodcastState
from models.database.sql import execute, rows, statement
from tasks.podcasts.placement import Merge, MergeForest

# One lock for all merges: they are few, and each may concern a chain of podcasts.
MERGE_LOCK = 0x0F3E_4EA2F
_LOCK_MERGES = text("SELECT pg_advisory_xact_lock(:key)")
_IN_FORCE = statement("""
    SELECT id, podcast_id, survivor_id, is_whole FROM podcast_merge WHERE unmerged_at IS NULL
""")
_SAME = statement("""
    SELECT x.episode_id, x.same_as FROM podcast_merge m JOIN merged_episode x ON x.merge_id = m.id
    WHERE m.unmerged_at IS NULL AND m.podcast_id = ANY(:podcasts) AND x.same_as IS NOT NULL
""")
_RECORD = text("""
    INSERT INTO podcast_merge (podcast_id, survivor_id, former_state, cause, is_whole, merged_at)
    VALUES (:podcast_id, :survivor_id, :former_state, :cause, :is_whole, :now) RETURNING id
""")
_RECORD_EPISODES = statement("""
    INSERT INTO merged_episode (merge_id, episode_id, same_as)
    SELECT :merge_id, n.episode_id, n.same_as
    FROM unnest(CAST(:ids AS bigint[]), CAST(:same_as AS bigint[])) AS n (episode_id, same_as)
    ORDER BY n.episode_id
    ON CONFLICT (merge_id, episode_id) DO UPDATE SET same_as = excluded.same_as
""")
_END = text("UPDATE podcast_merge SET unmerged_at = :now WHERE id = :id RETURNING former_state")
_MAKE_WHOLE = text("UPDATE podcast_merge SET is_whole = true, cause = :cause WHERE id = :id")
_ENDED_BETWEEN = statement("""
    SELECT id FROM podcast_merge WHERE unmerged_at IS NOT NULL
        AND (podcast_id = :leaving OR (podcast_id = ANY(:group) AND survivor_id = :leaving))
    LIMIT 1
""")
# A suggestion about two podcasts is open only as long as there is something left to merge.
_CLOSE_SUGGESTIONS = text("""
    UPDATE suggestion SET state = 'accepted', decided_at = :now
    WHERE kind = 'merge_podcasts' AND podcast_id = :podcast_id AND state = 'open'
""")
_SET_ROOTS = text("UPDATE podcast SET duplicate_of = :root WHERE id = ANY(:podcasts)")


def lock_merges(session: Session) -> MergeForest:
    """The merges in force; until the end of the transaction nobody else changes them."""
    session.connection().execute(_LOCK_MERGES, {"key": MERGE_LOCK})
    return merge_forest(session)


def merge_forest(session: Session) -> MergeForest:
    """The merges in force, at this moment."""
    return MergeForest(Merge(**row._asdict()) for row in rows(session, _IN_FORCE, {}))


def same_episodes(session: Session, podcasts: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs that the merges of these podcasts in force found to be the same episode."""
    found = rows(session, _SAME, {"podcasts": list(podcasts)})
    return [(row.episode_id, row.same_as) for row in found]


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
    params = {
        "podcast_id": podcast_id,
        "survivor_id": survivor_id,
        "former_state": former_state.value,
        "cause": cause.value,
        "is_whole": is_whole,
        "now": now,
    }
    merge_id = session.connection().execute(_RECORD, params).scalar_one()
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
    params = {"id": merge_id, "now": now}
    return PodcastState(session.connection().execute(_END, params).scalar_one())


def make_whole(session: Session, merge_id: int) -> None:
    """Record that an operator accepted all of what a machine had merged in part."""
    params = {"id": merge_id, "cause": MergeCause.operator.value}
    session.connection().execute(_MAKE_WHOLE, params)


def was_unmerged(session: Session, leaving_id: int, group: Sequence[int]) -> bool:
    """Whether a person unmerged this podcast before, or one of the group from it."""
    params = {"leaving": leaving_id, "group": list(group)}
    return bool(rows(session, _ENDED_BETWEEN, params))


def close_suggestions(session: Session, podcast_id: int, now: datetime) -> None:
    """Close the suggestions to merge a podcast, after it was merged as a whole."""
    session.connection().execute(_CLOSE_SUGGESTIONS, {"podcast_id": podcast_id, "now": now})


def set_roots(session: Session, podcasts: Sequence[int], root_id: int | None) -> None:
    """Record in the podcasts' rows which podcast remained of their merges."""
    params = {"podcasts": list(podcasts), "root": root_id}
    session.connection().execute(_SET_ROOTS, params)
    session.expire_all()
