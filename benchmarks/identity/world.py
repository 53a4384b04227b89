"""The shared world, stored as its jobs would store it, but without HTTP."""

import importlib.util
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.database import in_transaction
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.store import store_feed
from tasks.ingest.count_appearances import count_appearances
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.states import record_documents
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.store import lock_episode

_BASE = "http://world.example"
_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_LISTED = text("""
    SELECT t.episode_id, t.url, t.type FROM transcript t
    JOIN episode e ON e.id = t.episode_id WHERE e.podcast_id = :id ORDER BY e.id
""")
_WAITING = text("""
    SELECT subject FROM job WHERE kind = 'parse' AND state = 'waiting' ORDER BY subject
""")
_RAN = text("""
    UPDATE job SET state = 'done', outcome = 'ran', finished_at = clock_timestamp()
    WHERE kind = 'parse' AND state = 'waiting'
""")
_EPISODES = text("SELECT id FROM episode ORDER BY id")


def store_world(folder: Path) -> None:
    """Store every show of the world's folder, show by show."""
    world = _module(folder / "serve.py").World(folder, 1)
    for slug in world.shows:
        body: bytes = world.feed(slug, _BASE)[0]
        url = f"{_BASE}/feeds/{slug}.xml"
        podcast_id = in_transaction(_store_feed, url, body)
        for episode_id, path, kind in in_transaction(_listed, podcast_id):
            transcript = parse_transcript((folder / path).read_bytes(), declared_type=kind)
            in_transaction(_store, episode_id, transcript.segments)


def resolve_world() -> tuple[int, float]:
    """Run the people stage for every episode, one transaction each; episodes and seconds."""
    ids = in_transaction(lambda session: session.connection().execute(_EPISODES).scalars().all())
    started = time.monotonic()
    for episode_id in ids:
        in_transaction(_resolve, episode_id)
    return len(ids), time.monotonic() - started


def resolve_until_stable() -> int:
    """Re-resolve podcasts, and run the jobs that this requests, until nothing changes; rounds.

    The world is stored without workers, so its jobs are marked as done first.
    """
    in_transaction(lambda session: session.connection().execute(_RAN))
    rounds = 1
    while resolve_podcasts() or in_transaction(_waiting):
        for episode_id in in_transaction(_waiting):
            in_transaction(_resolve, episode_id)
        in_transaction(lambda session: session.connection().execute(_RAN))
        rounds += 1
    return rounds


def _waiting(session: Session) -> list[int]:
    return list(session.connection().execute(_WAITING).scalars())


def _store_feed(session: Session, url: str, body: bytes) -> int:
    podcast_id = add_by_url(session, url).podcast_id
    assert podcast_id is not None
    record_documents(session, [podcast_id])
    store_feed(session, podcast_id, parse_feed(body, url=url), body, _NOW)
    return podcast_id


def _listed(session: Session, podcast_id: int) -> Iterator[tuple[int, str, str]]:
    rows = session.connection().execute(_LISTED, {"id": podcast_id}).all()
    return iter([(row[0], row[1].removeprefix(f"{_BASE}/"), row[2]) for row in rows])


def _store(session: Session, episode_id: int, segments: Any) -> None:
    lock_episode(session, episode_id)
    count_appearances(session, episode_id, segments)


def _resolve(session: Session, episode_id: int) -> None:
    lock_episode(session, episode_id)
    resolve_episode(session, episode_id)


def _module(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("shared_world_server", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
