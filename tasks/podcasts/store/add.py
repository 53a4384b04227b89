"""Adds podcasts by their feed URLs, also those that were removed or refused before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastPrivacy, PodcastState
from models.database import database_time
from models.database.sql import execute, fetch_value
from tasks.feeds.feed_urls import feed_url_key, feed_url_keys, private_url_key
from tasks.feeds.store import lock_podcasts
from tasks.http.urls import UrlRefused, normal_url
from tasks.podcasts.store.due_times import ensure_host_due
from tasks.podcasts.store.privacy import declare_privacy, privacy_of, shown_feed_url
from tasks.podcasts.store.states import change_state, locked_state, state_of
from tasks.podcasts.transitions import PodcastEvent

log = structlog.get_logger()

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


def add_again(session: Session, podcast_id: int) -> bool:
    """Add a podcast again that was removed or refused, as its feed URL would. False for others."""
    crawl = session.get(Crawl, podcast_id)
    if crawl is None:
        return False
    before = locked_state(session, podcast_id)
    _add_again(session, podcast_id, crawl.url, database_time(session))
    return state_of(session, podcast_id) != before


def _insert(
    session: Session, feed_url: str, privacy: PodcastPrivacy, now: datetime
) -> int | AddResult:
    """The id of the new podcast; if there is one with this feed URL, that is added again."""
    keys = feed_url_keys(feed_url)
    known = _id_by_key(session, keys)
    if known is not None:
        return _add_again(session, known, feed_url, now)
    key = private_url_key(feed_url) if privacy.is_private else feed_url_key(feed_url)
    shown = shown_feed_url(feed_url, privacy)
    row = insert(Podcast).values(
        url_key=key,
        feed_url=shown,
        title="",
        description="",
        author="",
        type="",
        state=PodcastState.pending,
        privacy=privacy,
        added_at=now,
    )
    added = row.on_conflict_do_nothing(index_elements=["url_key"]).returning(col(Podcast.id))
    podcast_id: int | None = fetch_value(session, added)
    if podcast_id is not None:
        _add_crawl(session, podcast_id, feed_url, now)
        return podcast_id
    known = _id_by_key(session, keys)
    assert known is not None  # noqa: S101  it was in the way
    return _add_again(session, known, feed_url, now)


def _id_by_key(session: Session, keys: Sequence[str]) -> int | None:
    query = select(Podcast.id).where(col(Podcast.url_key).in_(keys)).order_by(col(Podcast.id))
    return session.exec(query.limit(1)).first()


def _add_crawl(session: Session, podcast_id: int, feed_url: str, now: datetime) -> None:
    crawl = insert(Crawl).values(
        podcast_id=podcast_id,
        host_id=ensure_host_due(session, feed_url, now),
        url=feed_url,
        skip_validators=False,
        next_poll_at=now,
        next_poll_reason="new",
        error_count=0,
    )
    execute(session, crawl)


def _add_again(session: Session, podcast_id: int, feed_url: str, now: datetime) -> AddResult:
    """Restore a podcast that was removed or refused; one that was merged is a duplicate again."""
    lock_podcasts(session, [podcast_id])
    podcast = session.get_one(Podcast, podcast_id, populate_existing=True)
    if not change_state(session, podcast_id, PodcastEvent.restore, _state_before(session, podcast)):
        merged = podcast.duplicate_of is not None
        return AddResult(podcast.feed_url, "already", podcast_id, message=_MERGED if merged else "")
    podcast.removed_at = None
    session.add(podcast)
    session.flush()
    if podcast.duplicate_of is not None:
        return AddResult(podcast.feed_url, "already", podcast_id, message=_MERGED)
    of_podcast = update(Crawl).where(col(Crawl.podcast_id) == podcast_id)
    polled = {"next_poll_at": now, "next_poll_reason": "requested", "skip_validators": True}
    execute(session, of_podcast.values(url=feed_url, **polled))
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
