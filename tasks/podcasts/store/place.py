"""Places the episodes of merged podcasts, with their attributions and counts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import Session, col

from models import PodcastSpeakerState
from models.database.row_columns import any_of
from models.database.sql import as_recordset, execute, rows, statement, values
from models.queries.origins import origin_podcast, own_identity
from tasks.counts.store.updates import updating_counts
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.podcasts.placement import (
    MergeForest,
    PlacedEpisode,
    Placement,
    alike_episodes,
    links_between,
    place_episodes,
)
from tasks.podcasts.store.merge_records import (
    lock_merges,
    merge_forest,
    record_episodes,
    same_episodes,
)
from tasks.speakers.resolve import resolve_moved

_IS_READ = "EXISTS (SELECT FROM speaker s WHERE s.episode_id = {id} AND s.appearances > 0)"
_EPISODES = statement(f"""
    SELECT e.id, {origin_podcast()} AS origin_id,
           {_IS_READ.format(id="e.id")} AS is_read, e.podcast_id, e.duplicate_of
    FROM episode e WHERE e.podcast_id = ANY(:podcasts) ORDER BY e.id
""")  # noqa: S608  a constant of ours
# An episode in another podcast than its own has an identity that no feed can give.
_WRITE = statement(f"""
    UPDATE episode e SET podcast_id = n.podcast_id, duplicate_of = n.duplicate_of,
        origin_podcast_id = CASE WHEN n.podcast_id <> n.origin_id THEN n.origin_id END,
        identity = CASE WHEN n.podcast_id = n.origin_id THEN ''
                   ELSE 'of ' || n.origin_id || ':' END
            || {own_identity()}
    FROM json_to_recordset(CAST(:episodes AS json))
        AS n (id bigint, origin_id bigint, podcast_id bigint, duplicate_of bigint)
    WHERE e.id = n.id
""")  # noqa: S608  a constant of ours
# Before every time.
_EPOCH = datetime.fromtimestamp(0, UTC)
# Groups with an episode that was read and does not count, while an unread one or one that came from
# another podcast counts for it; or for which one counts that came and is unread; or with two that
# are the same and both count. Some are in place: that is for the rules to say.
_GROUPS_TO_PLACE = statement(f"""
    WITH pair AS (
        SELECT m.survivor_id, x.episode_id, x.same_as FROM podcast_merge m
        JOIN merged_episode x ON x.merge_id = m.id AND x.same_as IS NOT NULL
        WHERE m.unmerged_at IS NULL
    )
    SELECT p.survivor_id FROM pair p JOIN episode e ON e.id IN (p.episode_id, p.same_as)
    JOIN episode c ON c.id = e.duplicate_of
    WHERE ({_IS_READ.format(id="e.id")}
           AND (c.origin_podcast_id IS NOT NULL OR NOT {_IS_READ.format(id="c.id")}))
        OR (c.origin_podcast_id IS NOT NULL AND NOT {_IS_READ.format(id="c.id")})
    UNION
    SELECT p.survivor_id FROM pair p JOIN episode e ON e.id = p.episode_id
    JOIN episode o ON o.id = p.same_as
    WHERE e.duplicate_of IS NULL AND coalesce(o.duplicate_of, o.id) <> e.id
        AND ({_IS_READ.format(id="coalesce(o.duplicate_of, o.id)")}
             OR NOT {_IS_READ.format(id="e.id")})
""")  # noqa: S608  a constant of ours
# What is left in a podcast after a merge in part, and that the survivor has listed since.
_LISTED_SINCE = statement("""
    SELECT m.id AS merge_id, p.duplicate_of AS root_id, e.id AS episode_id, o.id AS same_as
    FROM podcast_merge m JOIN podcast p ON p.id = m.podcast_id
    JOIN episode e ON e.podcast_id = m.podcast_id AND e.duplicate_of IS NULL
    JOIN episode o ON o.podcast_id = p.duplicate_of AND o.duplicate_of IS NULL
        AND o.enclosure_path = e.enclosure_path AND coalesce(o.guid, '') = coalesce(e.guid, '')
    WHERE m.unmerged_at IS NULL AND NOT m.is_whole AND e.enclosure_path <> ''
        AND (CAST(:group AS bigint[]) IS NULL OR m.podcast_id = ANY(:group))
        AND NOT EXISTS (SELECT FROM merged_episode x WHERE x.merge_id = m.id
                            AND x.episode_id = e.id AND x.same_as = o.id)
    ORDER BY m.id, e.id, o.id
""")


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
    _check_again(session, podcasts)


def _check_again(session: Session, podcasts: Sequence[int]) -> None:
    """Let quarantine and matcher decide again: their evidence has changed."""
    states = update(PodcastSpeakerState).where(
        col(PodcastSpeakerState.podcast_id) == any_of(podcasts)
    )
    execute(session, states.values(quarantine_checked_at=_EPOCH, resolved_up_to_episode_id=0))


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
    placements: dict[int, Placement] = {}
    for root in {forest.root(podcast_id) for podcast_id in podcasts}:
        group = forest.group(root)
        members = [one for one in episodes.values() if one.origin_id in set(group)]
        placements |= place_episodes(forest, members, same_episodes(session, group))
    return [
        (one, placements[one.id])
        for one in episodes.values()
        if placements[one.id] != Placement(one.podcast_id, one.duplicate_of)
    ]


def _episodes(session: Session, podcasts: Sequence[int]) -> list[PlacedEpisode]:
    found = rows(session, _EPISODES, {"podcasts": list(podcasts)})
    return [PlacedEpisode(**row._asdict()) for row in found]


def episodes_alike(session: Session, podcasts: Sequence[int]) -> list[list[PlacedEpisode]]:
    """The episodes of a whole group, in lists of those that merges found to be the same."""
    return alike_episodes(_episodes(session, podcasts), same_episodes(session, podcasts))


def link_again(session: Session, alike: Iterable[Iterable[PlacedEpisode]]) -> None:
    """Record which episodes are still the same, after one of the merges was ended."""
    forest = merge_forest(session)
    for episodes in alike:
        for merge_id, episode_id, same_as in links_between(forest, episodes):
            record_episodes(session, merge_id, [(episode_id, same_as)], ())


def groups_to_place(session: Session) -> list[int]:
    """The roots of groups in which another episode should count now.

    One was read since, or the survivor of a merge in part lists one that it did not list then.
    """
    forest = merge_forest(session)
    roots = {forest.root(survivor) for survivor in values(session, _GROUPS_TO_PLACE, {})}
    wrong = {root for root in roots if _out_of_place(session, forest, forest.group(root))}
    listed = rows(session, _LISTED_SINCE, {"group": None})
    return sorted(wrong | {row.root_id for row in listed})


def place_group(session: Session, root_id: int) -> None:
    """Place the episodes of a group again, with what its survivor lists now."""
    forest = lock_merges(session)
    group = forest.group(forest.root(root_id))
    with changing_merges(session, group, ()):
        for row in rows(session, _LISTED_SINCE, {"group": group}):
            record_episodes(session, row.merge_id, [(row.episode_id, row.same_as)], ())
