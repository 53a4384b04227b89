"""Relocates a feed to its new URL, or merges it with the podcast that has this URL already."""

from datetime import datetime

import structlog
from sqlalchemy import update
from sqlmodel import Session, col, select

from models import Crawl, FeedUrlHistory, Podcast
from models.database import database_time
from models.database.sql import execute
from tasks.feeds.feed_urls import feed_url_key, private_url_key
from tasks.podcasts.relocation_rules import (
    GONE_STATUSES,
    RedirectSighting,
    decide_gone,
    decide_move,
)
from tasks.podcasts.store.due_times import ensure_host_due
from tasks.podcasts.store.find import find_podcast
from tasks.podcasts.store.merge import MergeRefused
from tasks.podcasts.store.merge_moved import merge_moved
from tasks.podcasts.store.privacy import (
    hide_stored_texts,
    privacy_after_move,
    shown_feed_url,
)
from tasks.podcasts.values import PolledFeed

log = structlog.get_logger()


def may_have_relocated(
    feed: PolledFeed, status: int | None, permanent_url: str | None, *, succeeded: bool
) -> bool:
    """Whether a poll may move the feed or change what is known of a redirect; most do not."""
    if status in GONE_STATUSES:
        return bool(feed.redirect_url or feed.new_feed_url)
    return bool(permanent_url or (succeeded and feed.redirect_url))


def record_new_feed_url(session: Session, feed: PolledFeed, new_feed_url: str | None) -> None:
    """Record the feed's own ``itunes:new-feed-url``, for the day when its URL is gone."""
    if new_feed_url != feed.new_feed_url:
        changed = update(Crawl).where(
            col(Crawl.podcast_id) == feed.podcast_id,
            col(Crawl.new_feed_url).is_distinct_from(new_feed_url),
        )
        execute(session, changed.values(new_feed_url=new_feed_url))


def relocate_if_due(
    session: Session, feed: PolledFeed, status: int | None, permanent_url: str | None
) -> None:
    """Decide whether a polled feed has moved; relocate it, or remember the redirect."""
    now = database_time(session)
    crawl = session.get_one(Crawl, feed.podcast_id)
    if crawl.url != feed.url:
        return  # another process has relocated it
    former = {entry.url_key for entry in _former_urls(session, feed.podcast_id)}
    seen = _sighting(feed)
    if status in GONE_STATUSES:
        relocation = decide_gone(feed.url, status, seen, feed.new_feed_url, former=former)
    else:
        relocation = decide_move(feed.url, permanent_url, seen, now, former=former)
    if relocation.url is None:
        _remember_sighting(crawl, relocation.sighting)
        session.add(crawl)
    else:
        _relocate_or_merge(session, feed, crawl, relocation.url, relocation.reason, now)


def _sighting(feed: PolledFeed) -> RedirectSighting | None:
    if feed.redirect_url is None or feed.redirect_since is None:
        return None
    return RedirectSighting(feed.redirect_url, feed.redirect_since, feed.redirect_polls)


def _former_urls(session: Session, podcast_id: int) -> list[FeedUrlHistory]:
    query = select(FeedUrlHistory).where(FeedUrlHistory.podcast_id == podcast_id)
    return list(session.exec(query))


def _remember_sighting(crawl: Crawl, sighting: RedirectSighting | None) -> None:
    crawl.redirect_url = sighting.url if sighting else None
    crawl.redirect_since = sighting.since if sighting else None
    crawl.redirect_polls = sighting.polls if sighting else 0


def _relocate_or_merge(
    session: Session, feed: PolledFeed, crawl: Crawl, url: str, reason: str, now: datetime
) -> None:
    """Relocate the feed; if another podcast has or had the new URL, merge the two instead."""
    present = find_podcast(session, url)
    privacy = privacy_after_move(session.get_one(Podcast, feed.podcast_id).privacy, url)
    shown = shown_feed_url(url, privacy)
    fields = {"podcast_id": feed.podcast_id, "feed": feed.feed_url, "to": shown}
    if present is None or present.id is None or present.id == feed.podcast_id:
        _relocate(session, feed, crawl, url, reason, now)
        log.info("feed_relocated", **fields, reason=reason)
        return
    try:
        merge_moved(session, feed.podcast_id, present.id)
    except MergeRefused as refused:
        log.warning("feed_relocation_refused", **fields, reason=refused.reason)
    else:
        log.warning("podcasts_merged", **fields, reason=reason, survivor=present.id)


def _relocate(
    session: Session, feed: PolledFeed, crawl: Crawl, url: str, reason: str, now: datetime
) -> None:
    """Give the feed its new URL; validators and redirects belong to the old one."""
    podcast = session.get_one(Podcast, feed.podcast_id, with_for_update={"key_share": True})
    session.refresh(crawl, with_for_update={"key_share": True})  # it may have been paused meanwhile
    was_private = podcast.privacy.is_private
    privacy = privacy_after_move(podcast.privacy, url)
    old_key = podcast.url_key
    new_key = private_url_key(url) if privacy.is_private else feed_url_key(url)
    podcast.url_key, podcast.feed_url = new_key, shown_feed_url(url, privacy)
    podcast.privacy = privacy
    crawl.url, crawl.host_id = url, ensure_host_due(session, url, now)
    crawl.etag = crawl.last_modified = crawl.validators_origin = None
    _remember_sighting(crawl, None)
    if crawl.next_poll_at is not None:
        crawl.next_poll_at, crawl.next_poll_reason = now, "moved"
    if old_key != new_key:  # http and https have the same key
        session.add(_former_url(feed, old_key, reason, now))
    session.add_all([podcast, crawl])
    if privacy.is_private and not was_private:
        session.flush()
        hide_stored_texts(session, feed.podcast_id, old_key)


def _former_url(feed: PolledFeed, key: str, reason: str, now: datetime) -> FeedUrlHistory:
    return FeedUrlHistory(
        podcast_id=feed.podcast_id, url_key=key, feed_url=feed.feed_url, left_at=now, why=reason
    )
