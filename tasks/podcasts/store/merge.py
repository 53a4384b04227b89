"""Merges two podcasts that turn out to be the same, and unmerges them if that was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select

from models import Episode, MergeCause, Podcast, PodcastState
from models.database import database_time
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_all
from tasks.feeds.item_matching import EpisodeKeys, match_items
from tasks.feeds.store import lock_podcasts
from tasks.feeds.values import Enclosure, Item
from tasks.podcasts.placement import Merge, MergeForest
from tasks.podcasts.store.due_times import poll_now, stop_polling
from tasks.podcasts.store.merge_records import (
    close_suggestions,
    end_merge,
    lock_merges,
    make_whole,
    record_episodes,
    record_merge,
    set_roots,
)
from tasks.podcasts.store.place import changing_merges, episodes_alike, link_again
from tasks.podcasts.store.states import state_of
from tasks.podcasts.transitions import PodcastEvent, next_state

MERGE_REFUSALS = {
    "same_podcast": "these are the same podcast",
    "already_merged": "that podcast is merged into another one already: unmerge it first",
    "merge_circle": "the other podcast was merged into this one: unmerge it first",
    "not_followed": "that podcast was removed or refused: add it first",
    "survivor_not_followed": "the podcast to merge into was removed or refused: add it first",
    "unmerged_before": "a person unmerged these podcasts: only a person merges them again",
    "not_confirmed": "the feed there does not list most of the episodes: see the suggestion",
}


class MergeRefused(ValueError):
    """A merge that the states of the podcasts do not allow; nothing was changed.

    Attributes:
        reason: a key of ``MERGE_REFUSALS``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(MERGE_REFUSALS[reason])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a merge did, in episodes: the same in both podcasts, and received by the survivor."""

    same: int
    received: int


@dataclass(frozen=True, slots=True)
class StoredEpisode:
    """An episode as it is compared with those of the other podcast."""

    id: int
    podcast_id: int
    identity: str
    guid: str | None
    enclosure_path: str | None
    link: str | None
    title: str
    published_at: datetime | None
    duration_ms: int | None
    audio_url: str | None


def merge_podcasts(session: Session, *, duplicate_id: int, survivor_id: int) -> MergeResult:
    """Merge ``duplicate_id`` into ``survivor_id``, which receives the episodes that it lacks.

    An episode of both counts once. Nothing is deleted: ``unmerge_podcast`` restores the former
    state. A merge that a machine made in part becomes whole.

    Raises:
        MergeRefused: the states of the podcasts do not allow it.
    """
    forest = lock_merges(session)
    root_id = forest.root(survivor_id)
    merge = forest.merge_of(duplicate_id)
    if merge is not None and not merge.is_whole and root_id == forest.root(duplicate_id):
        return _complete(session, forest, merge)
    former_state = require_mergeable(session, forest, duplicate_id, survivor_id)
    same, missing = _compare(episodes_of(session, duplicate_id), episodes_of(session, root_id))
    group = {*forest.below(duplicate_id), *forest.group(root_id)}
    with changing_merges(session, group, forest.below(duplicate_id)):
        merge = begin_merge(session, forest, duplicate_id, root_id, former_state)
        record_episodes(session, merge.id, same, missing)
    close_suggestions(session, duplicate_id, database_time(session))
    return MergeResult(len(same), len(missing))


def require_mergeable(
    session: Session, forest: MergeForest, duplicate_id: int, survivor_id: int
) -> PodcastState:
    """Lock the podcasts of a merge; returns the state of the one that is to be merged.

    Raises:
        MergeRefused: the states of the podcasts do not allow it.
    """
    root_id = forest.root(survivor_id)
    lock_podcasts(session, sorted({*forest.below(duplicate_id), *forest.group(root_id)}))
    state = state_of(session, duplicate_id)
    if reason := _why_refused(forest, duplicate_id, survivor_id):
        raise MergeRefused(reason)
    if next_state(state, PodcastEvent.merge) is None:
        raise MergeRefused("not_followed")
    if next_state(state_of(session, root_id), PodcastEvent.receive) is None:
        raise MergeRefused("survivor_not_followed")
    return state


def _why_refused(forest: MergeForest, duplicate_id: int, survivor_id: int) -> str:
    if duplicate_id == survivor_id:
        return "same_podcast"
    if forest.root(survivor_id) == duplicate_id:
        return "merge_circle"
    return "already_merged" if forest.merge_of(duplicate_id) else ""


def begin_merge(
    session: Session,
    forest: MergeForest,
    duplicate_id: int,
    root_id: int,
    former_state: PodcastState,
    cause: MergeCause = MergeCause.operator,
) -> Merge:
    """Record a merge in its rows; the caller has the locks, and places the episodes."""
    now = database_time(session)
    merge = record_merge(session, duplicate_id, root_id, former_state, cause, now)
    _set_merged(session, duplicate_id, PodcastState.duplicate, root_id)
    set_roots(session, forest.below(duplicate_id), root_id)
    stop_polling(session, duplicate_id, "duplicate")
    return merge


def _set_merged(
    session: Session, podcast_id: int, state: PodcastState, root_id: int | None
) -> None:
    of_podcast = update(Podcast).where(col(Podcast.id) == podcast_id)
    execute(session, of_podcast.values(state=state, duplicate_of=root_id))
    session.expire_all()


def _complete(session: Session, forest: MergeForest, merge: Merge) -> MergeResult:
    """Make a merge whole: what was left in the podcast goes to the survivor, too."""
    root_id = forest.root(merge.podcast_id)
    group = forest.group(root_id)
    lock_podcasts(session, group)
    same, missing = _compare(episodes_of(session, merge.podcast_id), episodes_of(session, root_id))
    with changing_merges(session, group, forest.below(merge.podcast_id)):
        make_whole(session, merge.id)
        record_episodes(session, merge.id, same, missing)
    close_suggestions(session, merge.podcast_id, database_time(session))
    return MergeResult(len(same), len(missing))


def unmerge_podcast(session: Session, duplicate_id: int) -> bool:
    """Make a merged podcast a podcast of its own again; False when it was not merged.

    Both feeds are read again as a whole, for each may have lost episodes that it lists itself.
    """
    forest = lock_merges(session)
    merge = forest.merge_of(duplicate_id)
    if merge is None:
        return False
    root_id, below = forest.root(duplicate_id), forest.below(duplicate_id)
    group = forest.group(root_id)
    lock_podcasts(session, group)
    alike = [episodes for episodes in episodes_alike(session, group) if len(episodes) > 1]
    with changing_merges(session, group, below):
        former_state = end_merge(session, merge.id, database_time(session))
        link_again(session, alike)
        state = next_state(state_of(session, duplicate_id), PodcastEvent.unmerge, former_state)
        assert state is not None  # noqa: S101  the table has it for both states of a merged podcast
        _set_merged(session, duplicate_id, state, None)
        set_roots(session, [one for one in below if one != duplicate_id], duplicate_id)
    stop_polling(session, duplicate_id, state.value)
    poll_now(session, [duplicate_id, root_id], skip_validators=True)
    return True


def episodes_of(session: Session, podcast_id: int) -> list[StoredEpisode]:
    """The episodes of a podcast that are no duplicates."""
    query = select(*row_columns(StoredEpisode, Episode)).where(
        Episode.podcast_id == podcast_id, col(Episode.duplicate_of).is_(None)
    )
    return fetch_all(session, query.order_by(col(Episode.id)), StoredEpisode)


def _compare(
    duplicates: Sequence[StoredEpisode], survivors: Sequence[StoredEpisode]
) -> tuple[list[tuple[int, int]], list[int]]:
    """Match the duplicate's episodes with the survivor's, as if a feed document listed them.

    Returns pairs of the same episode, and the episodes that the survivor lacks.
    """
    items = [_item(episode) for episode in duplicates]
    matches = match_items(items, [_keys(one) for one in survivors])
    same_as = {id(match.item): match.episode_id for match in matches}
    found = [
        (episode.id, same_as.get(id(item))) for episode, item in zip(duplicates, items, strict=True)
    ]
    same = [(one, other) for one, other in found if other is not None]
    return same, [one for one, other in found if other is None]


def _keys(episode: StoredEpisode) -> EpisodeKeys:
    return EpisodeKeys(
        episode_id=episode.id,
        identity=episode.identity,
        guid=episode.guid,
        enclosure_path=episode.enclosure_path,
        link=episode.link,
        title=episode.title,
        published_at=episode.published_at,
        duration_ms=episode.duration_ms,
    )


def _item(episode: StoredEpisode) -> Item:
    """An episode as the item that it was stored from, with the fields that identify it."""
    return Item(
        title=episode.title,
        guid=episode.guid,
        link=episode.link,
        published_at=episode.published_at,
        duration_ms=episode.duration_ms,
        enclosures=(Enclosure(episode.audio_url),) if episode.audio_url else (),
    )
