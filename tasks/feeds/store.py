"""Feeds in the database: podcasts followed, and their episodes stored by identity."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, inspect, text, update
from sqlmodel import Session

from models import Episode, FeedBody, Podcast, PodcastState
from tasks.counts.store import counting
from tasks.feeds.identity import EpisodeKeys, Match, match_items
from tasks.feeds.persons import effective_persons
from tasks.feeds.values import Feed, Item, TranscriptLink
from tasks.jobs.store import request_jobs
from tasks.raw import pack, unpack
from tasks.topics.store import store_topics

# Not FOR UPDATE: a parse job that counts somebody in this podcast for the first time refers to its
# row, while it holds an episode that we may want.
_LOCK_PODCAST = text("SELECT id FROM podcast WHERE id = :id FOR NO KEY UPDATE")
_EPISODES = text("""
    SELECT id AS episode_id, identity, guid, enclosure_path, link, title, published_at,
           duration_ms, content_hash
    FROM episode WHERE podcast_id = :podcast_id ORDER BY id
""")
_LOCK_EPISODES = text(
    "SELECT id, first_seen_at FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
_EPISODES_OF = text("""
    SELECT id FROM episode WHERE podcast_id = :podcast_id ORDER BY id FOR NO KEY UPDATE
""")
_TRANSCRIPTS = text("""
    SELECT episode_id, url, type, language, rel FROM transcript
    WHERE episode_id = ANY(:ids) AND offered AND source = 'publisher' ORDER BY id
""")
_OFFER = text("""
    INSERT INTO transcript (episode_id, url, type, language, rel, source, offered, chosen)
    SELECT o.episode_id, o.url, o.type, o.language, o.rel, 'publisher', true, false
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:urls AS text[]), CAST(:types AS text[]),
                CAST(:languages AS text[]), CAST(:rels AS text[]))
        WITH ORDINALITY AS o (episode_id, url, type, language, rel, place)
    ORDER BY o.episode_id, o.place
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET offered = true, type = excluded.type,
        language = excluded.language, rel = excluded.rel
""")
# What was read stays, although it is offered no more; the rest leaves nothing behind.
_WITHDRAW = (
    text(
        "DELETE FROM transcript WHERE episode_id = :id AND NOT chosen AND body_hash IS NULL "
        "AND source = 'publisher' AND NOT url = ANY(:urls)"
    ),
    text(
        "UPDATE transcript SET offered = false WHERE episode_id = :id AND offered "
        "AND source = 'publisher' AND NOT url = ANY(:urls)"
    ),
)
_EPISODE = inspect(Episode).columns
_KEEP_BODY = text("""
    INSERT INTO feed_body (podcast_id, body, size) VALUES (:podcast_id, :body, :size)
    ON CONFLICT (podcast_id) DO UPDATE SET body = excluded.body, size = excluded.size
""")


@dataclass(frozen=True, slots=True)
class FeedChange:
    """What storing a feed changed, in episodes; ``any`` includes the podcast's own fields."""

    new: int
    changed: int
    any: bool


def store_feed(
    session: Session, podcast_id: int, feed: Feed, body: bytes, now: datetime
) -> FeedChange:
    """Make the podcast and its episodes say what the feed says; nothing vanishes with an item.

    New episodes with a transcript get their parse jobs in this transaction, and so does an
    episode whose offered transcripts changed.
    """
    session.connection().execute(_LOCK_PODCAST, {"id": podcast_id})
    podcast_changed = _update_podcast(session, podcast_id, feed)
    hashes, known = _known_episodes(session, podcast_id)
    new: list[tuple[Match, dict[str, Any]]] = []
    changed: dict[int, tuple[Match, dict[str, Any]]] = {}
    for match in match_items(feed.items, known):
        content = _content(feed, match.item)
        if match.episode_id is None:
            new.append((match, content))
        elif hashes[match.episode_id] != _content_hash(content):
            changed[match.episode_id] = (match, content)
    _insert_episodes(session, podcast_id, new, now)
    _update_episodes(session, changed, now)
    store_topics(session, podcast_id)
    if podcast_changed or new or changed:
        _keep_body(session, podcast_id, body)
    return FeedChange(len(new), len(changed), bool(podcast_changed or new or changed))


def _known_episodes(
    session: Session, podcast_id: int
) -> tuple[dict[int, bytes], list[EpisodeKeys]]:
    """The content hash of each stored episode, and what each is recognised by."""
    rows = session.connection().execute(_EPISODES, {"podcast_id": podcast_id}).mappings().all()
    hashes = {row["episode_id"]: row["content_hash"] for row in rows}
    keys = [{k: v for k, v in row.items() if k != "content_hash"} for row in rows]
    return hashes, [EpisodeKeys(**one) for one in keys]


def _update_podcast(session: Session, podcast_id: int, feed: Feed) -> bool:
    podcast = session.get_one(Podcast, podcast_id)
    said = {
        "title": feed.title,
        "link": feed.link,
        "description": feed.description,
        "language": feed.language,
        "author": feed.author,
        "image": feed.image,
        "explicit": feed.explicit,
        "type": feed.type,
        "podcast_guid": feed.podcast_guid,
        "categories": list(feed.categories),
        "keywords": list(feed.keywords),
        "persons": [asdict(person) for person in feed.persons],
    }
    if podcast.state in {PodcastState.pending, PodcastState.refused, PodcastState.gone}:
        said["state"] = PodcastState.active.value
    changed = {name: value for name, value in said.items() if getattr(podcast, name) != value}
    for name, value in changed.items():
        setattr(podcast, name, value)
    session.flush()
    return bool(changed)


def _content(feed: Feed, item: Item) -> dict[str, Any]:
    """The columns of an episode that its item decides."""
    enclosure = item.enclosures[0] if item.enclosures else None
    return {
        "guid": item.guid,
        "title": item.title,
        "link": item.link,
        "description": item.description,
        "author": item.author,
        "image": item.image,
        "season": item.season,
        "number": item.number,
        "type": item.type,
        "explicit": item.explicit,
        "published_at": item.published_at,
        "audio_url": enclosure.url if enclosure else None,
        "audio_type": enclosure.type if enclosure else None,
        "audio_length": enclosure.length if enclosure else None,
        "duration_ms": item.duration_ms,
        "chapters_url": item.chapters_url,
        "categories": list(item.categories),
        "keywords": list(item.keywords),
        "persons": [asdict(person) for person in effective_persons(feed, item)],
        "transcripts": [asdict(link) for link in item.transcripts],
    }


def _content_hash(content: dict[str, Any]) -> bytes:
    said = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _columns(content: dict[str, Any]) -> dict[str, Any]:
    columns = {name: value for name, value in content.items() if name != "transcripts"}
    return columns | {"content_hash": _content_hash(content)}


def counted_on(published_at: datetime | None, first_seen_at: datetime) -> date:
    """The UTC date that an episode counts for: published, or first seen when that came earlier."""
    return min(published_at or first_seen_at, first_seen_at).date()


def _insert_episodes(
    session: Session, podcast_id: int, new: Sequence[tuple[Match, dict[str, Any]]], now: datetime
) -> None:
    if not new:
        return
    rows = [
        _columns(content)
        | {
            "podcast_id": podcast_id,
            "identity": match.identity,
            "enclosure_path": match.enclosure_path,
            "first_seen_at": now,
            "counted_on": counted_on(match.item.published_at, now),
        }
        for match, content in reversed(new)  # feeds list the newest first; ids follow time
    ]
    inserted = session.execute(insert(Episode).returning(_EPISODE.id, _EPISODE.identity), rows)
    ids = {row.identity: row.id for row in inserted}
    offers = {ids[match.identity]: match.item.transcripts for match, _ in new}
    _offer_transcripts(session, offers)
    with_transcript = sorted(episode for episode, links in offers.items() if links)
    request_jobs(session, "parse", with_transcript, now)


def _update_episodes(
    session: Session, changed: dict[int, tuple[Match, dict[str, Any]]], now: datetime
) -> None:
    """Update re-published episodes; a re-dated one takes its counts along to its new day."""
    if not changed:
        return
    ids = sorted(changed)
    rows = session.connection().execute(_LOCK_EPISODES, {"ids": ids})
    seen: dict[int, datetime] = {row.id: row.first_seen_at for row in rows}
    with counting(session, ids):
        for episode_id in ids:
            match, content = changed[episode_id]
            columns = _columns(content) | {
                "enclosure_path": match.enclosure_path,
                "counted_on": counted_on(match.item.published_at, seen[episode_id]),
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


def _keep_body(session: Session, podcast_id: int, body: bytes) -> None:
    asked = {"podcast_id": podcast_id, "body": pack(body), "size": len(body)}
    session.connection().execute(_KEEP_BODY, asked)


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
    with counting(session, list(ids)):
        podcast.state = state.value
        session.add(podcast)
    return True


def body_of(session: Session, podcast_id: int) -> bytes | None:
    """The latest accepted body of a podcast's feed."""
    row = session.get(FeedBody, podcast_id)
    return unpack(row.body) if row else None
