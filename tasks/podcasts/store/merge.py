"""Merges two podcasts that turn out to be the same, and unmerges them if that was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from models.database import database_time
from tasks.counts.store.updates import updating_counts
from tasks.feeds.item_matching import EpisodeKeys, match_items
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.feeds.values import Enclosure, Item
from tasks.jobs.store import request_jobs

_EPISODES = text("""
    SELECT id, podcast_id, identity, guid, enclosure_path, link, title, published_at, duration_ms,
           audio_url
    FROM episode WHERE podcast_id = ANY(:podcasts) AND duplicate_of IS NULL ORDER BY id
""")
_MARK_DUPLICATES = text("""
    UPDATE episode e SET duplicate_of = n.survivor_id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:survivor_ids AS bigint[])) AS n (id, survivor_id)
    WHERE e.id = n.id
""")
_MOVE_EPISODES = text("""
    UPDATE episode e SET podcast_id = :survivor_id, origin_podcast_id = :duplicate_id,
        identity = n.identity
    FROM unnest(CAST(:ids AS bigint[]), CAST(:identities AS text[])) AS n (id, identity)
    WHERE e.id = n.id
""")
# The stored body of a transcript that only the duplicate had is parsed again for the survivor.
_COPY_TRANSCRIPTS = text("""
    INSERT INTO transcript (episode_id, url, type, language, rel, source, is_listed, body_hash,
                            is_selected)
    SELECT n.survivor_id, t.url, t.type, t.language, t.rel, t.source, true, t.body_hash, false
    FROM unnest(CAST(:ids AS bigint[]), CAST(:survivor_ids AS bigint[])) AS n (id, survivor_id)
    JOIN transcript t ON t.episode_id = n.id AND t.is_selected
    WHERE NOT EXISTS (
        SELECT FROM transcript s WHERE s.episode_id = n.survivor_id AND s.is_selected)
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET body_hash = excluded.body_hash
    RETURNING episode_id
""")
_MARK_PODCAST_DUPLICATE = (
    text(
        "UPDATE podcast SET state = 'duplicate', duplicate_of = :survivor_id "
        "WHERE id = :duplicate_id"
    ),
    text(
        "UPDATE crawl SET next_poll_at = NULL, next_poll_reason = 'duplicate' "
        "WHERE podcast_id = :duplicate_id"
    ),
)
_MERGED_INTO = text("SELECT duplicate_of FROM podcast WHERE id = :id AND state = 'duplicate'")
_UNMERGE = (
    text(
        "UPDATE episode SET podcast_id = :duplicate_id, origin_podcast_id = NULL "
        "WHERE origin_podcast_id = :duplicate_id"
    ),
    text(
        "UPDATE episode SET duplicate_of = NULL WHERE podcast_id = :duplicate_id "
        "AND duplicate_of IS NOT NULL"
    ),
    text("UPDATE podcast SET state = 'active', duplicate_of = NULL WHERE id = :duplicate_id"),
    text(
        "UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'unmerged' "
        "WHERE podcast_id = :duplicate_id"
    ),
)


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What a merge did, in episodes: the same in both podcasts, received, parsed again."""

    same: int
    received: int
    read_again: int


@dataclass(frozen=True, slots=True)
class _StoredEpisode:
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


@dataclass(frozen=True, slots=True)
class _Comparison:
    """Pairs of (episode, episode of the survivor), and of (missing episode, new identity)."""

    same: list[tuple[int, int]]
    missing: list[tuple[int, str]]


def merge_podcasts(session: Session, *, duplicate_id: int, survivor_id: int) -> MergeResult:
    """Merge ``duplicate_id`` into ``survivor_id``, which receives the episodes that it lacks.

    The duplicate then counts nowhere; an episode of both counts once, in the survivor. Nothing is
    deleted: ``unmerge_podcast`` restores the former state.
    """
    ids = sorted((duplicate_id, survivor_id))
    lock_podcasts(session, ids)
    lock_episodes(session, ids)
    rows = session.connection().execute(_EPISODES, {"podcasts": ids}).mappings()
    episodes = [_StoredEpisode(**row) for row in rows]
    compared = _compare(
        [episode for episode in episodes if episode.podcast_id == duplicate_id],
        [episode for episode in episodes if episode.podcast_id == survivor_id],
    )
    with updating_counts(session, [episode.id for episode in episodes]):
        _move(session, compared, duplicate_id, survivor_id)
    reread = _copy_transcripts(session, compared)
    request_jobs(session, "parse", reread, database_time(session), stage=Stage.parse)
    return MergeResult(len(compared.same), len(compared.missing), len(reread))


def _move(session: Session, compared: _Comparison, duplicate_id: int, survivor_id: int) -> None:
    podcasts = {"survivor_id": survivor_id, "duplicate_id": duplicate_id}
    session.connection().execute(_MARK_DUPLICATES, _pairs(compared))
    moved = {
        "ids": [episode_id for episode_id, _ in compared.missing],
        "identities": [identity for _, identity in compared.missing],
    }
    session.connection().execute(_MOVE_EPISODES, podcasts | moved)
    for statement in _MARK_PODCAST_DUPLICATE:
        session.connection().execute(statement, podcasts)


def _copy_transcripts(session: Session, compared: _Comparison) -> list[int]:
    return list(session.connection().execute(_COPY_TRANSCRIPTS, _pairs(compared)).scalars())


def _pairs(compared: _Comparison) -> dict[str, list[int]]:
    return {
        "ids": [episode_id for episode_id, _ in compared.same],
        "survivor_ids": [survivor_id for _, survivor_id in compared.same],
    }


def _compare(
    duplicates: Sequence[_StoredEpisode], survivors: Sequence[_StoredEpisode]
) -> _Comparison:
    """Match the duplicate's episodes with the survivor's, as if a feed document listed them."""
    items = [_item(episode) for episode in duplicates]
    matches = {
        id(match.item): match for match in match_items(items, [_keys(one) for one in survivors])
    }
    compared = _Comparison([], [])
    for episode, item in zip(duplicates, items, strict=True):
        match = matches.get(id(item))
        if match is not None and match.episode_id is not None:
            compared.same.append((episode.id, match.episode_id))
        else:
            own_identity = f"{episode.identity} of {episode.podcast_id}"
            compared.missing.append((episode.id, match.identity if match else own_identity))
    return compared


def _keys(episode: _StoredEpisode) -> EpisodeKeys:
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


def _item(episode: _StoredEpisode) -> Item:
    """An episode as the item that it was stored from, with the fields that identify it."""
    return Item(
        title=episode.title,
        guid=episode.guid,
        link=episode.link,
        published_at=episode.published_at,
        duration_ms=episode.duration_ms,
        enclosures=(Enclosure(episode.audio_url),) if episode.audio_url else (),
    )


def unmerge_podcast(session: Session, duplicate_id: int) -> bool:
    """Make a merged podcast a podcast of its own again; False when it was not merged."""
    survivor_id = session.connection().execute(_MERGED_INTO, {"id": duplicate_id}).scalar()
    if survivor_id is None:
        return False
    ids = sorted((duplicate_id, survivor_id))
    lock_podcasts(session, ids)
    episode_ids = lock_episodes(session, ids)
    params = {"duplicate_id": duplicate_id, "now": database_time(session)}
    with updating_counts(session, episode_ids):
        for statement in _UNMERGE:
            session.connection().execute(statement, params)
    return True
