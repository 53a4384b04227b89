"""Adds podcasts by their feed URLs, also those that were removed or refused before."""

from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastPrivacy, PodcastState
from models.database import database_time
from tasks.feeds.feed_urls import feed_url_key, feed_url_keys, private_url_key
from tasks.feeds.store import lock_podcasts
from tasks.http.urls import UrlRefused, normal_url
from tasks.podcasts.store.due_times import ensure_host_due
from tasks.podcasts.store.privacy import declare_privacy, privacy_of, shown_feed_url
from tasks.podcasts.store.states import change_state
from tasks.podcasts.transitions import PodcastEvent

log = structlog.get_logger()

_ADD_PODCAST = text("""
    INSERT INTO podcast (url_key, feed_url, title, description, author, type, state, privacy,
                         added_at)
    VALUES (:key, :feed_url, '', '', '', '', 'pending', :privacy, :now)
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
_BY_KEY = text("SELECT id FROM podcast WHERE url_key = ANY(:keys) ORDER BY id LIMIT 1")
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


def add_by_url(session: Session, url: str, *, private: bool = False) -> AddResult:
    """Add a podcast; it is pending until its first successful poll.

    A podcast that was removed or refused before is added again. With ``private`` an operator says
    that its URLs are secret, although they seem public.
    """
    privacy = PodcastPrivacy.declared_private if private else privacy_of(url)
    shown = shown_feed_url(url, privacy)
    try:
        feed_url, keys = normal_url(url), feed_url_keys(url)
    except UrlRefused as refused:
        log.warning("feed_refused", feed=shown, reason=refused.reason, message=str(refused))
        return AddResult(shown, "refused", reason=refused.reason, message=str(refused))
    former = session.exec(
        select(FeedUrlHistory).where(col(FeedUrlHistory.url_key).in_(keys))
    ).first()
    if former:
        return AddResult(shown, "already", former.podcast_id, message="it has moved since")
    now = database_time(session)
    added = _insert(session, feed_url, privacy, now)
    if not isinstance(added, AddResult):
        return AddResult(shown, "added", added)
    if private and added.podcast_id is not None:
        declare_privacy(session, added.podcast_id, private=True)
        return replace(added, feed_url=shown)
    return added


def _insert(
    session: Session, feed_url: str, privacy: PodcastPrivacy, now: datetime
) -> int | AddResult:
    """The id of the new podcast; if there is one with this feed URL, that is added again."""
    keys = feed_url_keys(feed_url)
    known = session.connection().execute(_BY_KEY, {"keys": keys}).scalar()
    if known is not None:
        return _add_again(session, known, feed_url, now)
    key = private_url_key(feed_url) if privacy.is_private else feed_url_key(feed_url)
    shown = shown_feed_url(feed_url, privacy)
    params = {"key": key, "feed_url": shown, "privacy": privacy.value, "now": now}
    podcast_id: int | None = session.connection().execute(_ADD_PODCAST, params).scalar()
    if podcast_id is not None:
        host_id = ensure_host_due(session, feed_url, now)
        crawl = {"podcast_id": podcast_id, "host_id": host_id, "url": feed_url, "now": now}
        session.connection().execute(_ADD_CRAWL, crawl)
        return podcast_id
    known = session.connection().execute(_BY_KEY, {"keys": keys}).scalar_one()
    return _add_again(session, known, feed_url, now)


def _add_again(session: Session, podcast_id: int, feed_url: str, now: datetime) -> AddResult:
    """Restore a podcast that was removed or refused; one that was merged is a duplicate again."""
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
