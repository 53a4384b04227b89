"""Rows to begin a test with, and what a test asks about rows afterwards."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from models import Crawl, Episode, Host, Podcast, PodcastState, Transcript
from models.database import in_transaction
from tasks.counts.store.recount import recount
from tasks.counts.store.updates import updating_counts
from tasks.feeds.store import lock_episodes, lock_podcasts
from tasks.http.urls import url_key
from tasks.ingest.count_appearances import count_appearances
from tasks.podcasts.store.states import set_state
from tasks.speakers.store.attribution import check_attributions
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TODAY = NOW.date()

_numbers = count(1)


def add_podcast(
    session: Session,
    *,
    url: str = "",
    host: str = "",
    state: PodcastState = PodcastState.active,
    due: datetime | None = NOW,
) -> int:
    """A podcast that is followed, with its crawl row; a host of its own unless one is named."""
    number = next(_numbers)
    url = url or f"https://podcast-{number}.example/feed.xml"
    podcast = Podcast(url_key=url_key(url), feed_url=url, state=state, added_at=NOW, title=url)
    session.add(podcast)
    session.flush()
    assert podcast.id is not None
    crawl = Crawl(podcast_id=podcast.id, host_id=_host(session, host or url, due), url=url)
    crawl.next_poll_at, crawl.next_poll_reason = due, "new"
    session.add(crawl)
    session.flush()
    return podcast.id


def set_podcast_state(session: Session, podcast_id: int, state: PodcastState) -> None:
    """Give a podcast a state by whatever way, with the counts."""
    lock_podcasts(session, [podcast_id])
    with updating_counts(session, lock_episodes(session, [podcast_id])):
        set_state(session, podcast_id, state)


def _host(session: Session, name: str, due: datetime | None) -> int:
    found = session.connection().execute(text("SELECT id FROM host WHERE name = :n"), {"n": name})
    if known := found.scalar():
        return int(known)
    host = Host(name=name, next_due_at=due)
    session.add(host)
    session.flush()
    assert host.id is not None
    return host.id


def add_episode(
    session: Session,
    podcast_id: int,
    *,
    title: str = "An episode",
    stats_date: date = TODAY,
    transcripts: Sequence[str] = (),
    guid: str = "",
) -> int:
    """An episode with the transcripts that its publisher offers."""
    guid = guid or f"guid-{next(_numbers)}"
    episode = Episode(
        podcast_id=podcast_id,
        identity=guid,
        guid=guid,
        title=title,
        first_seen_at=NOW,
        published_at=NOW,
        stats_date=stats_date,
        content_hash=b"",
    )
    session.add(episode)
    session.flush()
    assert episode.id is not None
    session.add_all(Transcript(episode_id=episode.id, url=url) for url in transcripts)
    session.flush()
    return episode.id


def new_episode(**more: Any) -> int:
    """An episode of a podcast of its own, committed."""
    return in_transaction(lambda session: add_episode(session, add_podcast(session), **more))


def spoken(*turns: str, seconds: int = 10) -> list[Segment]:
    """Segments from ``Label: text`` lines, one after the other; without a label it is nobody's."""
    segments = []
    for position, turn in enumerate(turns):
        label, colon, words = turn.partition(": ")
        start = position * seconds * 1000
        segments.append(
            Segment(label if colon else "", words if colon else turn, start, start + seconds * 1000)
        )
    return segments


def store(session: Session, episode_id: int, segments: Sequence[Segment]) -> SegmentDifference:
    """Store segments as a parse job does, within the caller's transaction."""
    assert lock_episode(session, episode_id)
    return count_appearances(session, episode_id, segments)


def claim_by_hand(*podcast_ids: int) -> UUID:
    """Claim feeds whether they are due or not, which nothing of ours does; the claim's token."""
    token = uuid4()
    execute(
        "UPDATE crawl SET claim_token = :token, claim_started = false, "
        "claim_expires_at = clock_timestamp() + interval '3 minutes' WHERE podcast_id = ANY(:ids)",
        token=token,
        ids=list(podcast_ids),
    )
    return token


def rows(query: str, **params: Any) -> list[dict[str, Any]]:
    """The rows of a query, in a transaction of its own."""
    return in_transaction(
        lambda session: [
            dict(row) for row in session.connection().execute(text(query), params).mappings()
        ]
    )


def one(query: str, **params: Any) -> Any:
    """The only value of a query."""
    (row,) = rows(query, **params)
    (value,) = row.values()
    return value


def execute(statement: str, **params: Any) -> None:
    """Change something behind the back of the code under test."""
    in_transaction(lambda session: session.connection().execute(text(statement), params))


def until_a_statement_waits_for_a_lock() -> None:
    """Return when a statement of another connection waits for a lock."""
    waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    for _ in range(500):
        if one(waiting):
            return
        time.sleep(0.01)
    raise TimeoutError("nobody waits for a lock")


@contextmanager
def writes(session: Session) -> Iterator[dict[str, tuple[int, int, int]]]:
    """What the block inserts, updates and deletes, by table; tables left alone are left out.

    The difference of two readings, since PostgreSQL's own figures of "this transaction" include
    those of earlier ones that were not reported yet.
    """
    before, seen = _written(session), dict[str, tuple[int, int, int]]()
    yield seen
    session.flush()
    for table, now in _written(session).items():
        change = tuple(n - b for n, b in zip(now, before.get(table, (0, 0, 0)), strict=True))
        if any(change):
            seen[table] = (change[0], change[1], change[2])


def _written(session: Session) -> dict[str, tuple[int, int, int]]:
    query = text(
        "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables "
        "WHERE schemaname = 'public'"
    )
    return {row[0]: (row[1], row[2], row[3]) for row in session.connection().execute(query)}


def transcript_of(episode_id: int) -> list[tuple[str, str]]:
    """Who says what, in order, as the rows have it."""
    query = """
        SELECT s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        WHERE a.episode_id = :id ORDER BY a.position
    """
    return [(row["label"], row["text"]) for row in rows(query, id=episode_id)]


def figures() -> dict[str, tuple[int, int, int, int]]:
    """The stored counts of every person: appearances, episodes, podcasts, spoken milliseconds."""
    query = "SELECT name, appearances, episodes, podcasts, spoken_ms FROM person ORDER BY slug"
    return {row.pop("name"): tuple(row.values()) for row in rows(query)}


def differences() -> int:
    """How much a recount would have to change; 0 is the only healthy answer."""
    return in_transaction(recount, check_attributions).changed
