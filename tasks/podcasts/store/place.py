"""Places the episodes of merged podcasts, with their attributions and counts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import text
from sqlmodel import Session

from models.database.sql import as_recordset, execute, rows, statement, values
from tasks.counts.store.updates import updating_counts
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.podcasts.placement import MergeForest, PlacedEpisode, Placement, place_episodes
from tasks.podcasts.store.merge_records import lock_merges, merge_forest, same_episodes
from tasks.speakers.resolve import resolve_moved

_IS_READ = "EXISTS (SELECT FROM speaker s WHERE s.episode_id = {id} AND s.appearances > 0)"
_EPISODES = statement(f"""
    SELECT e.id, coalesce(e.origin_podcast_id, e.podcast_id) AS origin_id,
           {_IS_READ.format(id="e.id")} AS is_read, e.podcast_id, e.duplicate_of
    FROM episode e WHERE e.podcast_id = ANY(:podcasts) ORDER BY e.id
""")  # noqa: S608  a constant of ours
# An episode in another podcast than its own has an identity that no feed can give.
_WRITE = statement("""
    UPDATE episode e SET podcast_id = n.podcast_id, duplicate_of = n.duplicate_of,
        origin_podcast_id = CASE WHEN n.podcast_id <> n.origin_id THEN n.origin_id END,
        identity = CASE WHEN n.podcast_id = n.origin_id THEN ''
                   ELSE 'of ' || n.origin_id || ':' END
            || CASE WHEN e.origin_podcast_id IS NULL THEN e.identity
               ELSE substr(e.identity, length('of ' || e.origin_podcast_id || ':') + 1) END
    FROM json_to_recordset(CAST(:episodes AS json))
        AS n (id bigint, origin_id bigint, podcast_id bigint, duplicate_of bigint)
    WHERE e.id = n.id
""")
# Where an episode came or went, the quarantine rules and the matcher have other evidence.
_CHECK_AGAIN = text("""
    UPDATE podcast_speaker_state SET quarantine_checked_at = 'epoch', resolved_up_to_episode_id = 0
    WHERE podcast_id = ANY(:podcasts)
""")
# Pairs of which the survivor's own episode was read since the other one has counted for it, and
# pairs of which the one that counts has lost its text.
_GROUPS_TO_PLACE = statement(f"""
    SELECT DISTINCT m.survivor_id FROM podcast_merge m
    JOIN merged_episode x ON x.merge_id = m.id AND x.same_as IS NOT NULL
    JOIN episode e ON e.id = x.episode_id JOIN episode o ON o.id = x.same_as
    WHERE m.unmerged_at IS NULL AND (
        (e.duplicate_of IS NULL AND {_IS_READ.format(id="o.id")})
        OR (e.duplicate_of = o.id AND m.is_whole AND {_IS_READ.format(id="e.id")}
            AND NOT {_IS_READ.format(id="o.id")}))
    ORDER BY 1
""")  # noqa: S608  a constant of ours


@contextmanager
def changing_merges(
    session: Session, podcasts: Iterable[int], affected: Iterable[int]
) -> Iterator[None]:
    """Place the episodes of these podcasts after the block has changed the merges in force.

    The caller has the lock of merges and those of the podcasts, which are whole groups.
    ``affected`` are the podcasts to whose episodes other decisions apply afterwards.
    """
    podcasts, affected = sorted(set(podcasts)), set(affected)
    lock_podcasts(session, podcasts)
    locked = lock_episodes(session, podcasts)
    with updating_counts(session, locked):
        yield
        forest = merge_forest(session)
        moved = place(session, forest, podcasts)
        episodes = _episodes(session, podcasts)
        read = {one.id for one in episodes if one.is_read}
        of_affected = {one.id for one in episodes if one.origin_id in affected}
        resolve_moved(session, sorted(moved & read), sorted(of_affected & read))
    session.connection().execute(_CHECK_AGAIN, {"podcasts": podcasts})


def place(session: Session, forest: MergeForest, podcasts: Sequence[int]) -> set[int]:
    """Write where the episodes of whole groups belong; returns those in another podcast now."""
    changed = _out_of_place(session, forest, podcasts)
    if not changed:
        return set()
    records = as_recordset(
        {
            "id": episode.id,
            "origin_id": episode.origin_id,
            "podcast_id": placement.podcast_id,
            "duplicate_of": placement.duplicate_of,
        }
        for episode, placement in changed
    )
    execute(session, _WRITE, {"episodes": records})
    session.expire_all()
    return {one.id for one, placement in changed if one.podcast_id != placement.podcast_id}


def _out_of_place(
    session: Session, forest: MergeForest, podcasts: Sequence[int]
) -> list[tuple[PlacedEpisode, Placement]]:
    """The episodes that are not where the merges in force have them, and their placements."""
    episodes = {one.id: one for one in _episodes(session, podcasts)}
    same, placements = same_episodes(session, podcasts), dict[int, Placement]()
    for root in {forest.root(podcast_id) for podcast_id in podcasts}:
        group = set(forest.group(root))
        members = [one for one in episodes.values() if one.origin_id in group]
        placements |= place_episodes(forest, members, same)
    return [
        (one, placements[one.id])
        for one in episodes.values()
        if placements[one.id] != Placement(one.podcast_id, one.duplicate_of)
    ]


def _episodes(session: Session, podcasts: Sequence[int]) -> list[PlacedEpisode]:
    found = rows(session, _EPISODES, {"podcasts": list(podcasts)})
    return [PlacedEpisode(**row._asdict()) for row in found]


def groups_to_place(session: Session) -> list[int]:
    """The roots of groups in which another episode should count now: one that was read since."""
    forest = merge_forest(session)
    roots = {forest.root(survivor) for survivor in values(session, _GROUPS_TO_PLACE, {})}
    return [root for root in sorted(roots) if _out_of_place(session, forest, forest.group(root))]


def place_group(session: Session, root_id: int) -> None:
    """Place the episodes of a group again."""
    forest = lock_merges(session)
    with changing_merges(session, forest.group(forest.root(root_id)), ()):
        pass
