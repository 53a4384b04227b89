"""Reads one page of a back catalogue: a look of its own, which finds only what is older."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from models import PagesState, get_settings
from models.database import database_time, in_one_line, in_transaction
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.store import add_older_episodes
from tasks.feeds.values import Feed, FeedRefused
from tasks.http.redaction import public_url
from tasks.http.values import AnswerHeaders, Fetched, FetchFailed
from tasks.polling.archive.values import Pages, Step
from tasks.polling.archive.walk import after_failure, after_page, read_key
from tasks.polling.response import look_at
from tasks.polling.schedule.backoff import after_failure as look_after_failure
from tasks.polling.store.archive import go_on
from tasks.polling.store.claims import BACK_CATALOGUE, settle_page
from tasks.polling.values import ClaimedFeed, ClaimLost, Look, NextLook, Troubles

log = structlog.get_logger()


def record_page(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> Look:
    """Store what a page has and we have not, and when to read the next one."""
    assert feed.pages is not None  # noqa: S101  or it is no look at a page
    look, headers, page = _read(feed, answer)
    try:
        return in_transaction(_store, feed, feed.pages, look, headers, page)
    except SoftTimeLimitExceeded:
        raise
    except ClaimLost as lost:
        return look_at(feed, "failed", reason="claim_lost", message=str(lost))
    except Exception as error:
        log.exception("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)
        crashed = look_at(feed, "failed", reason="crashed", message=in_one_line(error))
        return in_transaction(_store, feed, feed.pages, crashed, headers, None)


def _read(
    feed: ClaimedFeed, answer: Fetched | FetchFailed
) -> tuple[Look, AnswerHeaders, Feed | None]:
    if isinstance(answer, FetchFailed):
        failed = look_at(feed, "failed", reason=answer.reason, message=str(answer))
        return failed, AnswerHeaders(), None
    look = look_at(feed, "unchanged", status=answer.status, took_ms=answer.took_ms)
    if answer.body is None:
        message = f"the server answered {answer.status}"
        failed = replace(look, outcome="failed", reason=f"http_{answer.status}", message=message)
        return failed, answer.headers, None
    try:
        page = parse_feed(answer.body, url=answer.url, content_type=answer.headers.content_type)
    except FeedRefused as refused:
        failed = replace(look, outcome="failed", reason=refused.reason, message=str(refused))
        return failed, answer.headers, None
    return look, answer.headers, page


def _store(
    session: Session,
    feed: ClaimedFeed,
    pages: Pages,
    look: Look,
    headers: AnswerHeaders,
    page: Feed | None,
) -> Look:
    """The episodes of a page, how far the reading is, and the next look, all or nothing."""
    now, settings = database_time(session), get_settings()
    if page is None:
        step = after_failure(pages, look.reason, look.message)
    else:
        new = add_older_episodes(session, feed.podcast_id, page, now)
        look = replace(look, new=new, outcome="changed" if new else "unchanged")
        step = after_page(pages, page, most=settings.feed_max_pages)
    key = None if page is None else read_key(pages.next_url)
    go_on(session, feed.podcast_id, step, now, key=key, new=look.new)
    if not settle_page(session, feed, _next(feed, pages, look, headers, step, now), now):
        raise ClaimLost("another process polls this feed by now")
    _log(feed, pages, look, step)
    return look


def _next(
    feed: ClaimedFeed,
    pages: Pages,
    look: Look,
    headers: AnswerHeaders,
    step: Step,
    now: datetime,
) -> NextLook:
    """The next page after a while, unless the feed itself is due before."""
    jitter = random.random()  # noqa: S311  spreads the load, hides nothing
    wait = timedelta(seconds=get_settings().page_wait_seconds)
    following = NextLook(now + wait * (1 + 0.1 * jitter), BACK_CATALOGUE)
    if not look.ok:
        troubles = Troubles(pages.error_count + 1)
        failed = look_after_failure(look, headers, troubles, now, jitter=jitter)
        following = NextLook(failed.at, BACK_CATALOGUE, failed.host_not_before)
    feed_due_at = feed.feed_due_at or now
    if step.state != PagesState.reading or (following.at and following.at >= feed_due_at):
        return NextLook(feed_due_at, feed.feed_due_why, following.host_not_before)
    return following


def _log(feed: ClaimedFeed, pages: Pages, look: Look, step: Step) -> None:
    about = {
        "podcast_id": feed.podcast_id,
        "feed": feed.feed_url,
        "page": public_url(pages.next_url),
        "number": pages.pages + 1,
    }
    if look.ok:
        log.info("page_read", **about, status=look.status, new=look.new, took_ms=look.took_ms)
    else:
        log.warning("page_failed", **about, reason=look.reason, message=look.message)
    if step.state != PagesState.reading:
        event = log.info if step.state == PagesState.done else log.warning
        event("pages_ended", **about, reason=step.reason, message=step.message)
