"""Adds podcasts by their feed URLs, also those that were removed or refused before."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastState
from models.database import database_time
from tasks.feeds.feed_urls import feed_url_key
from tasks.feeds.store import lock_podcasts
from tasks.http.redaction import public_url
from tasks.http.urls import UrlRefused, normal_url
from tasks.podcasts.store.due_times import ensure_host_due
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent

log = structlog.get_logger()

_ADD_PODCAST = text("""
    INSERT INTO podcast (url_key, feed_url, title, description, author, type, state, added_at)
    VALUES (:key, :feed_url, '', '', '', '', 'pending', :now)
    ON CONFLICT (url_key) DO NOTHING RETURNING id
""")
_ADD_CRAWL = text("""
    INSERT INTO crawl (podcast_id, host_id, url, skip_validators, next_poll_at, next_poll_reason,
                       error_count)
    VALUES (:podcast_id, :host_id, :url, false, :now, 'new', 0)
""")
_POLL_AGAIN = text("""
    UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'requested', skip_validators = true,
        url = :url
    WHERE podcast_id = :podcast_id
""")
_BY_KEY = text("SELECT id FROM podcast WHERE url_key = :key")
_SET_RESTORED = text("UPDATE podcast SET removed_at = NULL WHERE id = :id")
_MERGED = "it is merged into another podcast"


@dataclass(frozen=True, slots=True)
class AddResult:
    """Whether a podcast was ``added``, was there ``already``, or was ``refused``, and why."""

    feed_url: str
    result: str
    podcast_id: int | None = None
    reason: str = ""
    message: str = ""


def add_by_url(session: Session, url: str) -> AddResult:
    """Add a podcast; it is pending until its first successful poll.

    A podcast that was removed or refused before is added again.
    """
    shown_url = public_url(url)
    try:
        feed_url, key = normal_url(url), feed_url_key(url)
    except UrlRefused as refused:
        log.warning("feed_refused", feed=shown_url, reason=refused.reason, message=str(refused))
        return AddResult(shown_url, "refused", reason=refused.reason, message=str(refused))
    former = session.exec(select(FeedUrlHistory).where(FeedUrlHistory.url_key == key)).first()
    if former:
        return AddResult(shown_url, "already", former.podcast_id, message="it has moved since")
    now = database_time(session)
    podcast_id = _insert(session, key, feed_url, now)
    if podcast_id is None:
        return _add_again(session, key, feed_url, now)
    return AddResult(shown_url, "added", podcast_id)


def _insert(session: Session, key: str, feed_url: str, now: datetime) -> int | None:
    """The id of the new podcast; None if there is one with this feed URL."""
    params = {"key": key, "feed_url": public_url(feed_url), "now": now}
    podcast_id: int | None = session.connection().execute(_ADD_PODCAST, params).scalar()
    if podcast_id is not None:
        host_id = ensure_host_due(session, feed_url, now)
        crawl = {"podcast_id": podcast_id, "host_id": host_id, "url": feed_url, "now": now}
        session.connection().execute(_ADD_CRAWL, crawl)
    return podcast_id


def _add_again(session: Session, key: str, feed_url: str, now: datetime) -> AddResult:
    """Restore a podcast that was removed or refused; one that was merged is a duplicate again."""
    podcast_id = session.connection().execute(_BY_KEY, {"key": key}).scalar_one()
    lock_podcasts(session, [podcast_id])
    podcast = session.get_one(Podcast, podcast_id, populate_existing=True)
    if not change_state(session, podcast_id, PodcastEvent.restore, _state_before(session, podcast)):
        merged = podcast.duplicate_of is not None
        return AddResult(podcast.feed_url, "already", podcast_id, message=_MERGED if merged else "")
    session.connection().execute(_SET_RESTORED, {"id": podcast_id})
    if podcast.duplicate_of is not None:
        return AddResult(podcast.feed_url, "already", podcast_id, message=_MERGED)
    params = {"podcast_id": podcast_id, "url": feed_url, "now": now}
    session.connection().execute(_POLL_AGAIN, params)
    ensure_host_due(session, feed_url, now)
    return AddResult(podcast.feed_url, "added", podcast_id)


def _state_before(session: Session, podcast: Podcast) -> PodcastState:
    """The state of a podcast before it was removed, as far as its rows show."""
    if podcast.duplicate_of is not None:
        return PodcastState.duplicate
    assert podcast.id is not None  # noqa: S101  narrows for mypy
    return PodcastState.active if _was_fetched(session, podcast.id) else PodcastState.pending


def _was_fetched(session: Session, podcast_id: int) -> bool:
    """Whether a poll of the podcast's feed ever succeeded."""
    crawl = session.get(Crawl, podcast_id)
    return crawl is not None and crawl.last_ok_at is not None
