"""Adds podcasts by their feed URLs, also those that were removed or refused before."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastState
from models.database import database_time
from tasks.feeds.feed_urls import feed_url_key
from tasks.feeds.store import set_podcast_state
from tasks.http.redaction import public_url
from tasks.http.urls import UrlRefused, normal_url
from tasks.podcasts.store.due_times import ensure_host_due

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
    # NO KEY UPDATE: a parse job that refers to the podcast may lock an episode that we need.
    query = select(Podcast).where(Podcast.url_key == key).with_for_update(key_share=True)
    podcast = session.exec(query).one()
    assert podcast.id is not None  # noqa: S101  narrows for mypy
    if podcast.state not in {PodcastState.removed, PodcastState.refused}:
        return AddResult(podcast.feed_url, "already", podcast.id)
    if podcast.state == PodcastState.removed and _was_fetched(session, podcast.id):
        set_podcast_state(session, podcast.id, PodcastState.active)
    else:
        podcast.state = PodcastState.pending.value
    podcast.removed_at = None
    session.add(podcast)
    session.flush()
    params = {"podcast_id": podcast.id, "url": feed_url, "now": now}
    session.connection().execute(_POLL_AGAIN, params)
    ensure_host_due(session, feed_url, now)
    return AddResult(podcast.feed_url, "added", podcast.id)


def _was_fetched(session: Session, podcast_id: int) -> bool:
    """Whether a poll of the podcast's feed ever succeeded."""
    crawl = session.get(Crawl, podcast_id)
    return crawl is not None and crawl.last_ok_at is not None
