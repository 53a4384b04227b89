"""Makes one podcast of two that turned out to be the same, and two again if that was wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from models.database import database_time
from tasks.counts.store.updates import updating_counts
from tasks.feeds.item_matching import EpisodeKeys, ItemMatch, match_items
from tasks.feeds.values import Enclosure, Item
from tasks.jobs.store import request_jobs

_LOCK = text("SELECT id FROM podcast WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_EPISODES = text("""
    SELECT id, podcast_id, identity, guid, enclosure_path, link, title, published_at, duration_ms,
           audio_url
    FROM episode WHERE podcast_id = ANY(:ids) AND duplicate_of IS NULL
    ORDER BY id FOR NO KEY UPDATE
""")
_DUPLICATE = text("""
    UPDATE episode e SET duplicate_of = n.survivor
    FROM unnest(CAST(:ids AS bigint[]), CAST(:survivors AS bigint[])) AS n (id, survivor)
    WHERE e.id = n.id
""")
_RECEIVE = text("""
    UPDATE episode e SET podcast_id = :survivor, origin_podcast_id = :duplicate,
        identity = n.identity
    FROM unnest(CAST(:ids AS bigint[]), CAST(:identities AS text[])) AS n (id, identity)
    WHERE e.id = n.id
""")
# What was read for the duplicate and not for the survivor is read again from what is kept.
_LEND = text("""
    INSERT INTO transcript (episode_id, url, type, language, rel, source, is_listed, body_hash,
                            is_selected)
    SELECT n.survivor, t.url, t.type, t.language, t.rel, t.source, true, t.body_hash, false
    FROM unnest(CAST(:ids AS bigint[]), CAST(:survivors AS bigint[])) AS n (id, survivor)
    JOIN transcript t ON t.episode_id = n.id AND t.is_selected
    WHERE NOT EXISTS (SELECT FROM transcript s WHERE s.episode_id = n.survivor AND s.is_selected)
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET body_hash = excluded.body_hash
    RETURNING episode_id
""")
_BECOME_DUPLICATE = (
    text("UPDATE podcast SET state = 'duplicate', duplicate_of = :survivor WHERE id = :duplicate"),
    text("UPDATE crawl SET next_poll_at = NULL, next_poll_reason = 'duplicate' "
         "WHERE podcast_id = :duplicate AND CAST(:survivor AS bigint) IS NOT NULL"),
)  # fmt: skip
_OF_BOTH = text("""
    SELECT id FROM episode WHERE podcast_id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
""")
_RETURN = (
    text("UPDATE episode SET podcast_id = :duplicate, origin_podcast_id = NULL "
         "WHERE origin_podcast_id = :duplicate"),
    text("UPDATE episode SET duplicate_of = NULL WHERE podcast_id = :duplicate "
         "AND duplicate_of IS NOT NULL"),
    text("UPDATE podcast SET state = 'active', duplicate_of = NULL WHERE id = :duplicate"),
    text("UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'unmerged' "
         "WHERE podcast_id = :duplicate"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did, in episodes: the same in both, received, and read again."""

    same: int
    received: int
    read_again: int


def merge_podcasts(session: Session, *, duplicate_id: int, survivor_id: int) -> Merged:
    """Make ``duplicate_id`` count nowhere, and give the survivor the episodes that it lacks.

    An episode of both counts once, in the survivor. Nothing is deleted: ``unmerge_podcast`` gives
    back the former state.
    """
    ids = sorted((duplicate_id, survivor_id))
    session.connection().execute(_LOCK, {"ids": ids})
    rows = session.connection().execute(_EPISODES, {"ids": ids}).mappings().all()
    theirs = [dict(row) for row in rows if row["podcast_id"] == duplicate_id]
    ours = [dict(row) for row in rows if row["podcast_id"] == survivor_id]
    same, lacking = _compare(theirs, ours)
    with updating_counts(session, [row["id"] for row in rows]):
        pairs = {"ids": [row for row, _ in same], "survivors": [kept for _, kept in same]}
        session.connection().execute(_DUPLICATE, pairs)
        received = {
            "survivor": survivor_id,
            "duplicate": duplicate_id,
            "ids": [row for row, _ in lacking],
            "identities": [identity for _, identity in lacking],
        }
        session.connection().execute(_RECEIVE, received)
        for statement in _BECOME_DUPLICATE:
            asked = {"survivor": survivor_id, "duplicate": duplicate_id}
            session.connection().execute(statement, asked)
    lent = list(session.connection().execute(_LEND, pairs).scalars())
    request_jobs(session, "parse", lent, database_time(session), stage=Stage.parse)
    return Merged(len(same), len(lacking), len(lent))


def _compare(
    theirs: Sequence[dict[str, Any]], ours: Sequence[dict[str, Any]]
) -> tuple[list[tuple[int, int]], list[tuple[int, str]]]:
    """Their episodes that we have, with ours; and those that we lack, with their new identity."""
    keys = [
        EpisodeKeys(
            row["id"],
            row["identity"],
            row["guid"],
            row["enclosure_path"],
            row["link"],
            row["title"],
            row["published_at"],
            row["duration_ms"],
        )
        for row in ours
    ]
    items = [_item(row) for row in theirs]
    matches: dict[int, ItemMatch] = {id(match.item): match for match in match_items(items, keys)}
    same, lacking = [], []
    for row, item in zip(theirs, items, strict=True):
        match = matches.get(id(item))
        if match is not None and match.episode_id is not None:
            same.append((row["id"], match.episode_id))
        else:
            identity = match.identity if match else f"{row['identity']} of {row['podcast_id']}"
            lacking.append((row["id"], identity))
    return same, lacking


def _item(row: dict[str, Any]) -> Item:
    """An episode as the item that it was stored from, as far as it is recognised by it."""
    return Item(
        title=row["title"],
        guid=row["guid"],
        link=row["link"],
        published_at=row["published_at"],
        duration_ms=row["duration_ms"],
        enclosures=(Enclosure(row["audio_url"]),) if row["audio_url"] else (),
    )


def unmerge_podcast(session: Session, duplicate_id: int) -> bool:
    """Make two podcasts again of what was merged; False when it was no duplicate."""
    query = text("SELECT duplicate_of FROM podcast WHERE id = :id AND state = 'duplicate'")
    survivor_id = session.connection().execute(query, {"id": duplicate_id}).scalar()
    if survivor_id is None:
        return False
    ids = sorted((duplicate_id, survivor_id))
    session.connection().execute(_LOCK, {"ids": ids})
    episodes = list(session.connection().execute(_OF_BOTH, {"ids": ids}).scalars())
    now = database_time(session)
    with updating_counts(session, episodes):
        for statement in _RETURN:
            asked = {"duplicate": duplicate_id, "now": now}
            session.connection().execute(statement, asked)
    return True
