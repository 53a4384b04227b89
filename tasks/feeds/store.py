"""Feeds in the database: podcasts followed, and their episodes stored by identity."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect, text, update
from sqlalchemy.dialects import postgresql
from sqlmodel import Session

from models import Episode, FeedBody, Podcast, PodcastState
from tasks.counts.store.updates import updating_counts
from tasks.feeds.item_matching import EpisodeKeys, ItemMatch, match_items
from tasks.feeds.rows import (
    EPISODE_COLUMNS,
    PODCAST_COLUMNS,
    as_text,
    columns_of,
    content_hash,
    episode_columns,
    episode_row,
    podcast_columns,
    stats_date,
)
from tasks.feeds.values import Feed, TranscriptLink
from tasks.jobs.store import LIVE_PRIORITY, REINGEST_PRIORITY, request_jobs
from tasks.raw.store import pack, unpack
from tasks.topics.store import store_topics

# Not FOR UPDATE: a parse job that counts somebody in this podcast for the first time refers to its
# row, while it holds an episode that we may want.
_LOCK_PODCAST = text("SELECT id FROM podcast WHERE id = :id FOR NO KEY UPDATE")
_EPISODES = text("""
    SELECT id AS episode_id, podcast_id, identity, guid, enclosure_path, link, title, published_at,
           duration_ms, content_hash
    FROM episode WHERE podcast_id = ANY(:podcasts) ORDER BY id
""")
_LOCK_EPISODES = text(
    "SELECT id, first_seen_at FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
_EPISODES_OF = text("""
    SELECT id FROM episode WHERE podcast_id = :podcast_id ORDER BY id FOR NO KEY UPDATE
""")
_TRANSCRIPTS = text("""
    SELECT episode_id, url, type, language, rel FROM transcript
    WHERE episode_id = ANY(:ids) AND is_listed AND source = 'publisher' ORDER BY id
""")
_OFFER = text("""
    INSERT INTO transcript (episode_id, url, type, language, rel, source, is_listed, is_selected)
    SELECT o.episode_id, o.url, o.type, o.language, o.rel, 'publisher', true, false
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:urls AS text[]), CAST(:types AS text[]),
                CAST(:languages AS text[]), CAST(:rels AS text[]))
        WITH ORDINALITY AS o (episode_id, url, type, language, rel, place)
    ORDER BY o.episode_id, o.place
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET is_listed = true, type = excluded.type,
        language = excluded.language, rel = excluded.rel
""")
# What was read stays, although it is offered no more; the rest leaves nothing behind.
_WITHDRAW = (
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
_KEEP_BODIES = text("""
    INSERT INTO feed_body (podcast_id, body, size)
    SELECT * FROM unnest(CAST(:podcasts AS bigint[]), CAST(:bodies AS bytea[]),
                         CAST(:sizes AS bigint[])) AS b (podcast_id, body, size)
    ORDER BY podcast_id
    ON CONFLICT (podcast_id) DO UPDATE SET body = excluded.body, size = excluded.size
""")


# Rows go to the database as one JSON text: of all ways to hand over rows of many columns, the one
# that costs Python the least.
def _records(table: Any, names: Iterable[str]) -> str:
    """Columns with their types, as json_to_recordset wants them named."""
    kinds = ((name, table.c[name].type.compile(_POSTGRESQL)) for name in names)
    return ", ".join(f"{name} {kind}" for name, kind in kinds)


_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_PODCASTS = text(
    f"SELECT id, state, {', '.join(PODCAST_COLUMNS)} FROM podcast "  # noqa: S608  our own columns
    "WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
_UPDATE_PODCASTS = text(
    f"UPDATE podcast p SET state = r.state, {', '.join(f'{c} = r.{c}' for c in PODCAST_COLUMNS)} "  # noqa: S608
    "FROM json_to_recordset(CAST(:rows AS json)) AS r "
    f"({_records(inspect(Podcast).local_table, ('id', 'state', *PODCAST_COLUMNS))}) "
    "WHERE p.id = r.id"
)
_INSERT_EPISODES = text(
    f"INSERT INTO episode ({', '.join(EPISODE_COLUMNS)}) "  # noqa: S608
    f"SELECT {', '.join(EPISODE_COLUMNS)} FROM json_to_recordset(CAST(:rows AS json)) AS r "
    f"({_records(inspect(Episode).local_table, EPISODE_COLUMNS)}) "
    "RETURNING id, podcast_id, identity"
)


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What storing a feed changed, in episodes; ``any`` includes the podcast's own fields."""

    new: int
    changed: int
    any: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A feed document of a podcast, with its bytes."""

    podcast_id: int
    feed: Feed
    body: bytes


_New = tuple[int, ItemMatch, dict[str, Any]]


def store_feed(
    session: Session, podcast_id: int, feed: Feed, body: bytes, now: datetime
) -> FeedChange:
    """Make the podcast and its episodes say what the feed says; nothing vanishes with an item.

    New episodes with a transcript get their parse jobs in this transaction, and so does an
    episode whose offered transcripts changed.
    """
    return store_feeds(session, [Document(podcast_id, feed, body)], now)[podcast_id]


def store_feeds(
    session: Session, documents: Sequence[Document], now: datetime
) -> dict[int, FeedChange]:
    """Store the documents of several podcasts at once; what each changed, by podcast.

    Meant for podcasts that are new: several with known episodes would lock episodes and the people
    in them podcast by podcast, and others do so in another order.
    """
    session.flush()
    podcasts_changed = _update_podcasts(session, documents)
    known = _known_episodes(session, [document.podcast_id for document in documents])
    new: list[_New] = []
    renewed: list[int] = []
    changes: dict[int, FeedChange] = {}
    for document in documents:
        hashes, keys = known.get(document.podcast_id, ({}, []))
        fresh, changed = _differences(document, hashes, keys)
        new += fresh
        renewed += changed
        _update_episodes(session, changed, now)
        any_change = bool(document.podcast_id in podcasts_changed or fresh or changed)
        changes[document.podcast_id] = FeedChange(len(fresh), len(changed), any_change)
    renewed += _insert_episodes(session, new, now)
    store_topics(session, list(changes), podcasts_changed, renewed)
    _keep_bodies(session, [one for one in documents if changes[one.podcast_id].any])
    return changes


def add_older_episodes(session: Session, podcast_id: int, page: Feed, now: datetime) -> int:
    """Store what a page of the back catalogue has and we have not; how many episodes.

    Nothing that is known is changed: what the feed itself says of it is newer.
    """
    session.connection().execute(_LOCK_PODCAST, {"id": podcast_id})
    _, keys = _known_episodes(session, [podcast_id]).get(podcast_id, ({}, []))
    matches = match_items(page.items, keys)
    lacking = [match for match in matches if match.episode_id is None]
    new = [(podcast_id, match, episode_columns(page, match.item)) for match in reversed(lacking)]
    older = _insert_episodes(session, new, now, priority=REINGEST_PRIORITY)
    store_topics(session, [podcast_id], (), older)
    return len(new)


def _differences(
    document: Document, hashes: Mapping[int, bytes], keys: Sequence[EpisodeKeys]
) -> tuple[list[_New], dict[int, tuple[ItemMatch, dict[str, Any]]]]:
    """The items that are new, the oldest first, and those that were changed, by episode."""
    new: list[_New] = []
    changed: dict[int, tuple[ItemMatch, dict[str, Any]]] = {}
    for match in match_items(document.feed.items, keys):
        content = episode_columns(document.feed, match.item)
        if match.episode_id is None:
            new.append((document.podcast_id, match, content))
        elif hashes[match.episode_id] != content_hash(content):
            changed[match.episode_id] = (match, content)
    return new[::-1], changed  # feeds list the newest first; ids follow time


def _known_episodes(
    session: Session, podcast_ids: Sequence[int]
) -> dict[int, tuple[dict[int, bytes], list[EpisodeKeys]]]:
    """The content hash of each stored episode, and what each is recognised by, by podcast."""
    known: dict[int, tuple[dict[int, bytes], list[EpisodeKeys]]] = {}
    for row in session.connection().execute(_EPISODES, {"podcasts": list(podcast_ids)}):
        hashes, keys = known.setdefault(row.podcast_id, ({}, []))
        hashes[row.episode_id] = row.content_hash
        keys.append(
            EpisodeKeys(
                row.episode_id,
                row.identity,
                row.guid,
                row.enclosure_path,
                row.link,
                row.title,
                row.published_at,
                row.duration_ms,
            )
        )
    return known


def _update_podcasts(session: Session, documents: Sequence[Document]) -> set[int]:
    """Bring podcasts to what their documents say of them, and lock them; those that changed."""
    said = {document.podcast_id: podcast_columns(document.feed) for document in documents}
    rows = session.connection().execute(_PODCASTS, {"ids": sorted(said)}).mappings().all()
    changed = []
    for row in rows:
        wakes = row["state"] in {PodcastState.pending, PodcastState.refused, PodcastState.gone}
        state = PodcastState.active.value if wakes else row["state"]
        now_says = {"id": row["id"], "state": state, **said[row["id"]]}
        if now_says != dict(row):
            changed.append(now_says)
    if changed:
        session.connection().execute(_UPDATE_PODCASTS, {"rows": json.dumps(changed)})
        session.expire_all()
    return {row["id"] for row in changed}


def _insert_episodes(
    session: Session, new: Sequence[_New], now: datetime, *, priority: int = LIVE_PRIORITY
) -> list[int]:
    """Insert episodes in this order, with the transcripts they offer and the jobs to read them."""
    if not new:
        return []
    rows = [episode_row(podcast_id, match, content, now) for podcast_id, match, content in new]
    asked = {"rows": json.dumps(rows, default=as_text)}
    inserted = session.connection().execute(_INSERT_EPISODES, asked)
    ids = {(row.podcast_id, row.identity): row.id for row in inserted}
    offers = {
        ids[podcast_id, match.identity]: match.item.transcripts for podcast_id, match, _ in new
    }
    _offer_transcripts(session, offers)
    with_transcript = sorted(episode for episode, links in offers.items() if links)
    request_jobs(session, "parse", with_transcript, now, priority=priority)
    return list(ids.values())


def _update_episodes(
    session: Session, changed: dict[int, tuple[ItemMatch, dict[str, Any]]], now: datetime
) -> None:
    """Update re-published episodes; a re-dated one takes its counts along to its new day."""
    if not changed:
        return
    ids = sorted(changed)
    rows = session.connection().execute(_LOCK_EPISODES, {"ids": ids})
    seen: dict[int, datetime] = {row.id: row.first_seen_at for row in rows}
    with updating_counts(session, ids):
        for episode_id in ids:
            match, content = changed[episode_id]
            columns = columns_of(content) | {
                "enclosure_path": match.enclosure_path,
                "stats_date": stats_date(match.item.published_at, seen[episode_id]),
            }
            session.execute(update(Episode).where(_EPISODE.id == episode_id).values(columns))
    offers = {episode_id: match.item.transcripts for episode_id, (match, _) in changed.items()}
    stored = _stored_offers(session, ids)
    other = {k: links for k, links in offers.items() if stored.get(k, []) != list(links)}
    _offer_transcripts(session, other)
    for episode_id, links in other.items():
        asked = {"id": episode_id, "urls": [link.url for link in links]}
        for statement in _WITHDRAW:
            session.connection().execute(statement, asked)
    request_jobs(session, "parse", [episode for episode, links in other.items() if links], now)


def _stored_offers(session: Session, episode_ids: list[int]) -> dict[int, list[TranscriptLink]]:
    offers: dict[int, list[TranscriptLink]] = {}
    for row in session.connection().execute(_TRANSCRIPTS, {"ids": episode_ids}):
        link = TranscriptLink(row.url, row.type, row.language, row.rel)
        offers.setdefault(row.episode_id, []).append(link)
    return offers


def _offer_transcripts(session: Session, offers: Mapping[int, Iterable[TranscriptLink]]) -> None:
    links = {(episode, link.url): link for episode, links in offers.items() for link in links}
    if links:
        session.connection().execute(
            _OFFER,
            {
                "episodes": [episode for episode, _ in links],
                "urls": [url for _, url in links],
                "types": [link.type for link in links.values()],
                "languages": [link.language for link in links.values()],
                "rels": [link.rel for link in links.values()],
            },
        )


def _keep_bodies(session: Session, documents: Sequence[Document]) -> None:
    if documents:
        asked = {
            "podcasts": [document.podcast_id for document in documents],
            "bodies": [pack(document.body) for document in documents],
            "sizes": [len(document.body) for document in documents],
        }
        session.connection().execute(_KEEP_BODIES, asked)


def set_podcast_state(
    session: Session,
    podcast_id: int,
    state: PodcastState,
    *,
    only_from: Collection[PodcastState] = tuple(PodcastState),
) -> bool:
    """Bring a podcast to a state, and its people's counts along.

    False when it is in that state already, or in none of those that it may come from.
    """
    session.connection().execute(_LOCK_PODCAST, {"id": podcast_id})
    podcast = session.get_one(Podcast, podcast_id)
    if podcast.state == state.value or podcast.state not in only_from:
        return False
    ids = session.connection().execute(_EPISODES_OF, {"podcast_id": podcast_id}).scalars().all()
    with updating_counts(session, list(ids)):
        podcast.state = state.value
        session.add(podcast)
    return True


def body_of(session: Session, podcast_id: int) -> bytes | None:
    """The latest accepted body of a podcast's feed."""
    row = session.get(FeedBody, podcast_id)
    return unpack(row.body) if row else None
