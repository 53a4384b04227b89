"""Takes a feed to its new address, or into the podcast that is followed there already."""

from datetime import datetime

import structlog
from sqlalchemy import text
from sqlmodel import Session, select

from models import Crawl, FeedUrlHistory, Podcast, PodcastState
from models.database import database_time
from tasks.feeds.feed_urls import feed_url_key, host_name
from tasks.http.redaction import public_url
from tasks.podcasts.relocation_rules import (
    GONE_STATUSES,
    RedirectSighting,
    Relocation,
    decide_gone,
    decide_move,
)
from tasks.podcasts.store.merge import merge_podcasts
from tasks.podcasts.values import PolledFeed

log = structlog.get_logger()

_HOST = text("""
    INSERT INTO host (name, next_due_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET next_due_at = least(host.next_due_at, excluded.next_due_at)
    RETURNING id
""")
_HINT = text("""
    UPDATE crawl SET new_feed_url = :hint WHERE podcast_id = :id AND new_feed_url IS DISTINCT FROM :hint
""")


def may_have_relocated(
    feed: PolledFeed, status: int | None, permanent_url: str | None, *, ok: bool
) -> bool:
    """Whether an answer says anything about the feed's address; most do not."""
    if status in GONE_STATUSES:
        return bool(feed.redirect_url or feed.new_feed_url)
    return bool(permanent_url or (ok and feed.redirect_url))


def record_new_feed_url(session: Session, feed: PolledFeed, hint: str | None) -> None:
    """Remember what the feed itself says of its address (``itunes:new-feed-url``)."""
    if hint != feed.new_feed_url:
        session.connection().execute(_HINT, {"id": feed.podcast_id, "hint": hint})


def consider_relocation(
    session: Session, feed: PolledFeed, status: int | None, permanent_url: str | None
) -> None:
    """Judge where a feed has moved to, and go there or remember it."""
    now = database_time(session)
    crawl = session.get_one(Crawl, feed.podcast_id)
    if crawl.url != feed.url:
        return  # somebody was faster
    former = {one.url_key for one in _former_addresses(session, feed.podcast_id)}
    seen = _sighting(feed)
    if status in GONE_STATUSES:
        move = decide_gone(feed.url, status, seen, feed.new_feed_url, former=former)
    else:
        move = decide_move(feed.url, permanent_url, seen, now, former=former)
    if move.url is None:
        _remember(crawl, move)
        session.add(crawl)
        return
    _relocate(session, feed, crawl, move.url, move.why, now)


def _sighting(feed: PolledFeed) -> RedirectSighting | None:
    if feed.redirect_url is None or feed.redirect_since is None:
        return None
    return RedirectSighting(feed.redirect_url, feed.redirect_since, feed.redirect_polls)


def _former_addresses(session: Session, podcast_id: int) -> list[FeedUrlHistory]:
    query = select(FeedUrlHistory).where(FeedUrlHistory.podcast_id == podcast_id)
    return list(session.exec(query))


def _remember(crawl: Crawl, move: Relocation) -> None:
    seen = move.sighting
    crawl.redirect_url = seen.url if seen else None
    crawl.redirect_since = seen.since if seen else None
    crawl.redirect_polls = seen.polls if seen else 0


def _relocate(
    session: Session, feed: PolledFeed, crawl: Crawl, url: str, why: str, now: datetime
) -> None:
    """Go to a new address; where a podcast is followed there already, become one with it."""
    key = feed_url_key(url)
    other = session.exec(select(Podcast).where(Podcast.url_key == key)).first()
    about = {"podcast_id": feed.podcast_id, "feed": feed.feed_url, "to": public_url(url)}
    if other is not None and other.id is not None and other.id != feed.podcast_id:
        if other.state == PodcastState.removed:
            log.warning("feed_relocation_refused", **about, reason="removed_there")
            return
        survivor = other.duplicate_of or other.id
        if survivor != feed.podcast_id:
            merge_podcasts(session, duplicate_id=feed.podcast_id, survivor_id=survivor)
            log.warning("podcasts_merged", **about, reason=why, survivor=survivor)
        return
    _go(session, feed, crawl, url, why, now)
    log.info("feed_relocated", **about, reason=why)


def _go(
    session: Session, feed: PolledFeed, crawl: Crawl, url: str, why: str, now: datetime
) -> None:
    """Follow the podcast at its new address from now on; validators belong to the old one."""
    podcast = session.get_one(Podcast, feed.podcast_id, with_for_update={"key_share": True})
    old_key, new_key = podcast.url_key, feed_url_key(url)
    host = session.connection().execute(_HOST, {"name": host_name(url), "now": now}).scalar_one()
    podcast.url_key, podcast.feed_url = new_key, public_url(url)
    crawl.url, crawl.host_id = url, host
    crawl.etag = crawl.last_modified = None
    crawl.redirect_url = crawl.redirect_since = None
    crawl.redirect_polls = 0
    if crawl.next_poll_at is not None:
        crawl.next_poll_at, crawl.next_poll_reason = now, "moved"
    if old_key != new_key:  # http and https are one key
        session.add(
            FeedUrlHistory(
                podcast_id=feed.podcast_id,
                url_key=old_key,
                feed_url=feed.feed_url,
                left_at=now,
                why=why,
            )
        )
    session.add_all([podcast, crawl])
