"""Feeds in the database: podcasts, their episodes by identity, listed transcripts, feed bodies."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, text, update
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from models import Episode, FeedBody, Podcast
from tasks.counts.store.updates import updating_counts
from tasks.feeds.item_matching import EpisodeKeys, ItemMatch, match_items
from tasks.feeds.private_feed import without_private_texts
from tasks.feeds.rows import (
    EPISODE_COLUMNS,
    PODCAST_COLUMNS,
    as_text,
    content_hash,
    episode_columns,
    episode_content,
    episode_row,
    podcast_columns,
    stats_date,
)
from tasks.feeds.values import Feed, TranscriptLink
from tasks.jobs.store import LIVE_PRIORITY, REINGEST_PRIORITY, request_jobs
from tasks.raw.store import pack, unpack
from tasks.topics.store import store_topics

# NO KEY UPDATE: a parse job that first counts a person in a podcast refers to the podcast's row,
# and may then hold an episode that we need. FOR UPDATE would deadlock with it.
_LOCK_PODCASTS = text("SELECT id FROM podcast WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_LOCK_EPISODES = text("""
    SELECT id FROM episode WHERE podcast_id = ANY(:podcasts) ORDER BY id FOR NO KEY UPDATE
""")
_LOCK_EPISODES_BY_ID = text(
    "SELECT id, first_seen_at FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
# An episode that came by a merge and counts for one of the podcast's own is left out: the feed
# lists its own.
_KNOWN_EPISODES = text("""
    SELECT id AS episode_id, podcast_id, identity, guid, enclosure_path, link, title, published_at,
           duration_ms, content_hash
    FROM episode e WHERE podcast_id = ANY(:podcasts) AND NOT (
        origin_podcast_id IS NOT NULL AND EXISTS (
            SELECT FROM episode o WHERE o.duplicate_of = e.id AND o.podcast_id = e.podcast_id))
    ORDER BY id
""")
_PRIVATE_FEEDS = text("""
    SELECT p.id, coalesce(c.url, '') AS url FROM podcast p LEFT JOIN crawl c ON c.podcast_id = p.id
    WHERE p.id = ANY(:ids) AND p.privacy IN ('private', 'declared_private')
""")
_IS_MERGED = text("SELECT FROM podcast WHERE id = :id AND duplicate_of IS NOT NULL")
_LISTED_TRANSCRIPTS = text("""
    SELECT episode_id, url, type, language, rel FROM transcript
    WHERE episode_id = ANY(:ids) AND is_listed AND source = 'publisher' ORDER BY id
""")
_LIST_TRANSCRIPTS = text("""
    INSERT INTO transcript (episode_id, url, type, language, rel, source, is_listed, is_selected)
    SELECT n.episode_id, n.url, n.type, n.language, n.rel, 'publisher', true, false
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:urls AS text[]), CAST(:types AS text[]),
                CAST(:languages AS text[]), CAST(:rels AS text[]))
        WITH ORDINALITY AS n (episode_id, url, type, language, rel, position)
    ORDER BY n.episode_id, n.position
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET is_listed = true, type = excluded.type,
        language = excluded.language, rel = excluded.rel
""")
# A transcript that was read stays, although the feed lists it no more; all others are deleted.
_UNLIST_TRANSCRIPTS = (
    text(
        "DELETE FROM transcript WHERE episode_id = :id AND NOT is_selected AND body_hash IS NULL "
        "AND source = 'publisher' AND NOT url = ANY(:urls)"
    ),
    text(
        "UPDATE transcript SET is_listed = false WHERE episode_id = :id AND is_listed "
        "AND source = 'publisher' AND NOT url = ANY(:urls)"
    ),
)
_EPISODE = inspect(Episode).columns
_STORE_BODIES = text("""
    INSERT INTO feed_body (podcast_id, body, size)
    SELECT * FROM unnest(CAST(:podcasts AS bigint[]), CAST(:bodies AS bytea[]),
                         CAST(:sizes AS bigint[])) AS b (podcast_id, body, size)
    ORDER BY podcast_id
    ON CONFLICT (podcast_id) DO UPDATE SET body = excluded.body, size = excluded.size
""")


# Rows go to the database as one JSON text: for rows of many columns that costs Python the least.
def _record_columns(table: Any, names: Iterable[str]) -> str:
    """Columns with their types, as json_to_recordset declares them."""
    types = ((name, table.c[name].type.compile(_POSTGRESQL)) for name in names)
    return ", ".join(f"{name} {type_}" for name, type_ in types)


_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_PODCASTS = text(
    f"SELECT id, duplicate_of, {', '.join(PODCAST_COLUMNS)} FROM podcast "  # noqa: S608  our own columns
    "WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
_UPDATE_PODCASTS = text(
    f"UPDATE podcast p SET {', '.join(f'{c} = r.{c}' for c in PODCAST_COLUMNS)} "  # noqa: S608
    "FROM json_to_recordset(CAST(:rows AS json)) AS r "
    f"({_record_columns(inspect(Podcast).local_table, ('id', *PODCAST_COLUMNS))}) "
    "WHERE p.id = r.id"
)
_INSERT_EPISODES = text(
    f"INSERT INTO episode ({', '.join(EPISODE_COLUMNS)}) "  # noqa: S608
    f"SELECT {', '.join(EPISODE_COLUMNS)} FROM json_to_recordset(CAST(:rows AS json)) AS r "
    f"({_record_columns(inspect(Episode).local_table, EPISODE_COLUMNS)}) "
    "RETURNING id, podcast_id, identity"
)


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What storing a feed changed, in episodes; ``any`` includes the podcast's own columns."""

    new: int
    changed: int
    any: bool


@dataclass(frozen=True, slots=True)
class FeedDocument:
    """A feed document of a podcast, with its bytes."""

    podcast_id: int
    feed: Feed
    body: bytes


@dataclass(frozen=True, slots=True)
class _KnownEpisodes:
    """The stored episodes of one podcast: content hashes by id, and the keys to match items."""

    hashes: dict[int, bytes]
    keys: list[EpisodeKeys]


_Content = dict[str, Any]
_NewEpisode = tuple[int, ItemMatch, _Content]
_ChangedEpisodes = dict[int, tuple[ItemMatch, _Content]]


def store_feed(
    session: Session, podcast_id: int, feed: Feed, body: bytes, now: datetime
) -> FeedChange:
    """Store the document of one podcast; see ``store_feeds``."""
    return store_feeds(session, [FeedDocument(podcast_id, feed, body)], now)[podcast_id]


def store_feeds(
    session: Session, documents: Sequence[FeedDocument], now: datetime
) -> dict[int, FeedChange]:
    """Store the documents of several podcasts at once; returns what each changed, by podcast.

    Episodes that a feed lists no more stay. New episodes with a transcript, and episodes whose
    listed transcripts changed, get their parse jobs in the same transaction.

    Several documents at once are for new podcasts: those with known episodes would lock episodes
    and people podcast by podcast, in another order than other transactions.

    Nothing is stored in a podcast that is merged into another: a poll of it may have been under way
    meanwhile.
    """
    session.flush()
    podcasts = _lock_and_load_podcasts(session, documents)
    merged = {row["id"] for row in podcasts if row["duplicate_of"] is not None}
    changes = dict.fromkeys(merged, FeedChange(0, 0, any=False))
    documents = _without_private_texts(
        session, [document for document in documents if document.podcast_id not in merged]
    )
    podcasts_changed = _update_podcasts(session, documents, podcasts)
    known = _known_episodes(session, [document.podcast_id for document in documents])
    new: list[_NewEpisode] = []
    stored: list[int] = []
    for document in documents:
        document_new, changed = _differences(document, known.get(document.podcast_id))
        new += document_new
        stored += changed
        _update_episodes(session, changed, now)
        any_change = bool(document.podcast_id in podcasts_changed or document_new or changed)
        changes[document.podcast_id] = FeedChange(len(document_new), len(changed), any_change)
    stored += _insert_episodes(session, new, now)
    store_topics(session, [one.podcast_id for one in documents], podcasts_changed, stored)
    _store_bodies(session, [one for one in documents if changes[one.podcast_id].any])
    return changes


def add_older_episodes(session: Session, podcast_id: int, page: Feed, now: datetime) -> int:
    """Store the episodes of an archive page that are missing; returns how many.

    Known episodes are not changed: the feed itself is newer than its archive.
    """
    lock_podcasts(session, [podcast_id])
    if session.connection().execute(_IS_MERGED, {"id": podcast_id}).first():
        return 0
    [document] = _without_private_texts(session, [FeedDocument(podcast_id, page, b"")])
    page = document.feed
    known = _known_episodes(session, [podcast_id]).get(podcast_id)
    matches = match_items(page.items, known.keys if known else [])
    missing = [match for match in matches if match.episode_id is None]
    new = [(podcast_id, match, episode_content(page, match.item)) for match in reversed(missing)]
    stored = _insert_episodes(session, new, now, priority=REINGEST_PRIORITY)
    store_topics(session, [podcast_id], (), stored)
    return len(new)


def _without_private_texts(
    session: Session, documents: Sequence[FeedDocument]
) -> list[FeedDocument]:
    """The documents as they are stored: those of private podcasts without secrets in texts."""
    ids = [document.podcast_id for document in documents]
    rows = session.connection().execute(_PRIVATE_FEEDS, {"ids": ids})
    urls: dict[int, str] = {row.id: row.url for row in rows}
    return [
        replace(one, feed=without_private_texts(one.feed, urls[one.podcast_id]))
        if one.podcast_id in urls
        else one
        for one in documents
    ]


def _differences(
    document: FeedDocument, known: _KnownEpisodes | None
) -> tuple[list[_NewEpisode], _ChangedEpisodes]:
    """The items that are new, the oldest first, and the changed ones by episode."""
    hashes, keys = (known.hashes, known.keys) if known else ({}, [])
    new: list[_NewEpisode] = []
    changed: _ChangedEpisodes = {}
    for match in match_items(document.feed.items, keys):
        content = episode_content(document.feed, match.item)
        if match.episode_id is None:
            new.append((document.podcast_id, match, content))
        elif hashes[match.episode_id] != content_hash(content):
            changed[match.episode_id] = (match, content)
    return new[::-1], changed  # feeds list the newest first; ids follow time


def _known_episodes(session: Session, podcast_ids: Sequence[int]) -> dict[int, _KnownEpisodes]:
    known: dict[int, _KnownEpisodes] = {}
    params = {"podcasts": list(podcast_ids)}
    for row in session.connection().execute(_KNOWN_EPISODES, params):
        podcast = known.setdefault(row.podcast_id, _KnownEpisodes({}, []))
        podcast.hashes[row.episode_id] = row.content_hash
        podcast.keys.append(
            EpisodeKeys(
                episode_id=row.episode_id,
                identity=row.identity,
                guid=row.guid,
                enclosure_path=row.enclosure_path,
                link=row.link,
                title=row.title,
                published_at=row.published_at,
                duration_ms=row.duration_ms,
            )
        )
    return known


def _lock_and_load_podcasts(
    session: Session, documents: Sequence[FeedDocument]
) -> Sequence[Mapping[str, Any]]:
    params = {"ids": sorted(document.podcast_id for document in documents)}
    return session.connection().execute(_PODCASTS, params).mappings().all()  # type: ignore[return-value]


def _update_podcasts(
    session: Session, documents: Sequence[FeedDocument], rows: Sequence[Mapping[str, Any]]
) -> set[int]:
    """Update podcasts from their documents; returns those that changed."""
    stored = {row["id"]: {name: row[name] for name in PODCAST_COLUMNS} for row in rows}
    published = {document.podcast_id: podcast_columns(document.feed) for document in documents}
    changed = [
        {"id": podcast_id, **columns}
        for podcast_id, columns in published.items()
        if columns != stored.get(podcast_id)
    ]
    if changed:
        session.connection().execute(_UPDATE_PODCASTS, {"rows": json.dumps(changed)})
        session.expire_all()
    return {row["id"] for row in changed}


def _insert_episodes(
    session: Session, new: Sequence[_NewEpisode], now: datetime, *, priority: int = LIVE_PRIORITY
) -> list[int]:
    """Insert episodes in this order, with their listed transcripts and parse jobs."""
    if not new:
        return []
    rows = [episode_row(podcast_id, match, content, now) for podcast_id, match, content in new]
    params = {"rows": json.dumps(rows, default=as_text)}
    inserted = session.connection().execute(_INSERT_EPISODES, params)
    ids = {(row.podcast_id, row.identity): row.id for row in inserted}
    links = {
        ids[podcast_id, match.identity]: match.item.transcripts for podcast_id, match, _ in new
    }
    _list_transcripts(session, links)
    with_transcript = sorted(episode_id for episode_id, listed in links.items() if listed)
    request_jobs(session, "parse", with_transcript, now, priority=priority)
    return list(ids.values())


def _update_episodes(session: Session, changed: _ChangedEpisodes, now: datetime) -> None:
    """Update changed episodes; if the date of one changed, its counts move to the new day."""
    if not changed:
        return
    ids = sorted(changed)
    rows = session.connection().execute(_LOCK_EPISODES_BY_ID, {"ids": ids})
    first_seen: dict[int, datetime] = {row.id: row.first_seen_at for row in rows}
    with updating_counts(session, ids):
        for episode_id in ids:
            match, content = changed[episode_id]
            columns = episode_columns(content) | {
                "enclosure_path": match.enclosure_path,
                "stats_date": stats_date(match.item.published_at, first_seen[episode_id]),
            }
            session.execute(update(Episode).where(_EPISODE.id == episode_id).values(columns))
    _update_transcripts(session, changed, now)


def _update_transcripts(session: Session, changed: _ChangedEpisodes, now: datetime) -> None:
    """Update the listed transcripts of changed episodes, and parse those that changed."""
    links = {episode_id: match.item.transcripts for episode_id, (match, _) in changed.items()}
    listed = _listed_transcripts(session, sorted(changed))
    updated = {
        k: now_listed for k, now_listed in links.items() if listed.get(k, []) != list(now_listed)
    }
    _list_transcripts(session, updated)
    for episode_id, now_listed in updated.items():
        params = {"id": episode_id, "urls": [link.url for link in now_listed]}
        for statement in _UNLIST_TRANSCRIPTS:
            session.connection().execute(statement, params)
    with_transcript = [episode_id for episode_id, now_listed in updated.items() if now_listed]
    request_jobs(session, "parse", with_transcript, now)


def _listed_transcripts(
    session: Session, episode_ids: list[int]
) -> dict[int, list[TranscriptLink]]:
    links: dict[int, list[TranscriptLink]] = {}
    for row in session.connection().execute(_LISTED_TRANSCRIPTS, {"ids": episode_ids}):
        link = TranscriptLink(row.url, row.type, row.language, row.rel)
        links.setdefault(row.episode_id, []).append(link)
    return links


def _list_transcripts(session: Session, listed: Mapping[int, Iterable[TranscriptLink]]) -> None:
    links = {(episode, link.url): link for episode, links in listed.items() for link in links}
    if links:
        params = {
            "episodes": [episode for episode, _ in links],
            "urls": [url for _, url in links],
            "types": [link.type for link in links.values()],
            "languages": [link.language for link in links.values()],
            "rels": [link.rel for link in links.values()],
        }
        session.connection().execute(_LIST_TRANSCRIPTS, params)


def _store_bodies(session: Session, documents: Sequence[FeedDocument]) -> None:
    if documents:
        params = {
            "podcasts": [document.podcast_id for document in documents],
            "bodies": [pack(document.body) for document in documents],
            "sizes": [len(document.body) for document in documents],
        }
        session.connection().execute(_STORE_BODIES, params)


def lock_podcasts(session: Session, podcast_ids: Sequence[int]) -> None:
    """Lock podcasts until the end of the transaction, in id order."""
    session.connection().execute(_LOCK_PODCASTS, {"ids": list(podcast_ids)})


def lock_episodes(session: Session, podcast_ids: Sequence[int]) -> list[int]:
    """Lock all episodes of podcasts until the end of the transaction; returns them in id order."""
    params = {"podcasts": list(podcast_ids)}
    return list(session.connection().execute(_LOCK_EPISODES, params).scalars())


def body_of(session: Session, podcast_id: int) -> bytes | None:
    """Return the latest accepted body of a podcast's feed."""
    row = session.get(FeedBody, podcast_id)
    return unpack(row.body) if row else None
