"""Follows, pauses and removes podcasts, as an operator or a reader asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastState
from models.database import database_time
from tasks.feeds.feed_urls import feed_url_key, host_name
from tasks.feeds.store import set_podcast_state
from tasks.http.redaction import public_url
from tasks.http.urls import UrlRefused, normal_url
from tasks.podcasts.store.due_times import schedule_poll_now

log = structlog.get_logger()

_ADD_PODCAST = text("""
    INSERT INTO podcast (url_key, feed_url, title, description, author, type, state, added_at)
    VALUES (:key, :feed_url, '', '', '', '', 'pending', :now)
    ON CONFLICT (url_key) DO NOTHING RETURNING id
""")
_HOST = text("""
    INSERT INTO host (name, next_due_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET next_due_at = least(host.next_due_at, excluded.next_due_at)
    RETURNING id
""")
_ADD_CRAWL = text("""
    INSERT INTO crawl (podcast_id, host_id, url, skip_validators, next_poll_at, next_poll_reason,
                       error_count)
    VALUES (:podcast_id, :host_id, :url, false, :now, 'new', 0)
""")
_AGAIN = text("""
    UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'requested', skip_validators = true, url = :url
    WHERE podcast_id = :podcast_id
""")
_POLLED = text("""
    SELECT id FROM podcast WHERE id = ANY(:ids) AND state IN ('pending', 'active', 'gone')
""")
_STOP = text("UPDATE crawl SET next_poll_at = NULL, next_poll_reason = :why WHERE podcast_id = :id")
_REMOVED = text("UPDATE podcast SET removed_at = :now WHERE id = :id")


@dataclass(frozen=True, slots=True)
class AddResult:
    """What came of asking to follow an address: ``added``, ``already`` or ``refused``."""

    feed_url: str
    result: str
    podcast_id: int | None = None
    reason: str = ""
    message: str = ""


def add_by_url(session: Session, url: str) -> AddResult:
    """Begin to follow a feed; it is pending until a first look has shown that it is one.

    An address that was removed or refused before is taken up again.
    """
    shown = public_url(url)
    try:
        address, key = normal_url(url), feed_url_key(url)
    except UrlRefused as refused:
        log.warning("feed_refused", feed=shown, reason=refused.reason, message=str(refused))
        return AddResult(shown, "refused", reason=refused.reason, message=str(refused))
    now = database_time(session)
    former = session.exec(select(FeedUrlHistory).where(FeedUrlHistory.url_key == key)).first()
    if former:
        return AddResult(shown, "already", former.podcast_id, message="it has moved since")
    asked = {"key": key, "feed_url": public_url(address), "now": now}
    podcast_id = session.connection().execute(_ADD_PODCAST, asked).scalar()
    if podcast_id is None:
        return _add_again(session, key, address, now)
    host = (
        session.connection().execute(_HOST, {"name": host_name(address), "now": now}).scalar_one()
    )
    session.connection().execute(
        _ADD_CRAWL, {"podcast_id": podcast_id, "host_id": host, "url": address, "now": now}
    )
    return AddResult(shown, "added", podcast_id)


def _add_again(session: Session, key: str, address: str, now: datetime) -> AddResult:
    # NO KEY: a parse job that refers to the podcast holds an episode that we may want.
    known = select(Podcast).where(Podcast.url_key == key).with_for_update(key_share=True)
    podcast = session.exec(known).one()
    assert podcast.id is not None  # noqa: S101  it has been stored
    if podcast.state not in {PodcastState.removed, PodcastState.refused}:
        return AddResult(podcast.feed_url, "already", podcast.id)
    if podcast.state == PodcastState.removed and _was_seen(session, podcast.id):
        set_podcast_state(session, podcast.id, PodcastState.active)
    else:
        podcast.state = PodcastState.pending.value
    podcast.removed_at = None
    session.add(podcast)
    session.flush()
    asked = {"podcast_id": podcast.id, "url": address, "now": now}
    session.connection().execute(_AGAIN, asked)
    session.connection().execute(_HOST, {"name": host_name(address), "now": now})
    return AddResult(podcast.feed_url, "added", podcast.id)


def _was_seen(session: Session, podcast_id: int) -> bool:
    """Whether the address has ever answered with a feed."""
    crawl = session.get(Crawl, podcast_id)
    return crawl is not None and crawl.last_ok_at is not None


def find_podcast(session: Session, url_or_id: str) -> Podcast | None:
    """The podcast with this id, or followed at this address in any of its forms."""
    if url_or_id.isdecimal() and len(url_or_id) < 19:  # ids have 64 bits
        return session.get(Podcast, int(url_or_id))
    try:
        key = feed_url_key(url_or_id)
    except UrlRefused:
        key = url_or_id
    by_address = (Podcast.url_key == key) | (Podcast.feed_url == url_or_id)
    if found := session.exec(select(Podcast).where(by_address)).first():
        return found
    former = session.exec(select(FeedUrlHistory).where(FeedUrlHistory.url_key == key)).first()
    return session.get(Podcast, former.podcast_id) if former else None


def poll_now(session: Session, podcast_ids: Sequence[int]) -> None:
    """Poll these podcasts now, those of them that are polled at all."""
    ids = session.connection().execute(_POLLED, {"ids": list(podcast_ids)}).scalars().all()
    schedule_poll_now(session, ids, database_time(session), skip_validators=False)


def pause(session: Session, podcast_id: int) -> bool:
    """Stop polling a podcast; what is known of it stays and counts."""
    polled = (PodcastState.active, PodcastState.gone)
    if not set_podcast_state(session, podcast_id, PodcastState.paused, only_from=polled):
        return False
    session.connection().execute(_STOP, {"id": podcast_id, "why": "paused"})
    return True


def resume(session: Session, podcast_id: int) -> bool:
    """Poll a paused podcast again, now."""
    paused = (PodcastState.paused,)
    if not set_podcast_state(session, podcast_id, PodcastState.active, only_from=paused):
        return False
    _look_now(session, podcast_id)
    return True


def remove(session: Session, podcast_id: int) -> bool:
    """Follow a podcast no more and count it nowhere; its rows stay as a tombstone."""
    changed = set_podcast_state(session, podcast_id, PodcastState.removed)
    now = database_time(session)
    session.connection().execute(_STOP, {"id": podcast_id, "why": "removed"})
    session.connection().execute(_REMOVED, {"id": podcast_id, "now": now})
    return changed


def _look_now(session: Session, podcast_id: int) -> None:
    schedule_poll_now(session, [podcast_id], database_time(session), skip_validators=False)


def fetch_urls(session: Session) -> dict[int, str]:
    """The real address of every feed, with its secrets: to decide by, never to show."""
    rows = session.connection().execute(text("SELECT podcast_id, url FROM crawl"))
    return {row.podcast_id: row.url for row in rows}
