"""Reads one page of a back catalogue: a look of its own, which finds only what is older."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from models import PagesState, get_settings
from models.database import database_time, in_transaction, summarize_error
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.store import add_older_episodes
from tasks.feeds.values import Feed, FeedRefused
from tasks.http.redaction import public_url
from tasks.http.values import Fetched, FetchFailed, ResponseHeaders
from tasks.polling.archive.values import ArchiveProgress, ArchiveStep
from tasks.polling.archive.walk import after_failure, after_page, read_key
from tasks.polling.response import poll_of
from tasks.polling.schedule.backoff import next_poll_after_failure as poll_after_failure
from tasks.polling.store.archive import advance_archive
from tasks.polling.store.claims import ARCHIVE, record_archive_page
from tasks.polling.values import ClaimedFeed, ClaimLost, FailureState, NextPoll, Poll

log = structlog.get_logger()


def record_archive_poll(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> Poll:
    """Store what a page has and we have not, and when to read the next one."""
    assert feed.pages is not None  # noqa: S101  or it is no look at a page
    poll, headers, page = _read(feed, answer)
    try:
        return in_transaction(_store, feed, feed.pages, poll, headers, page)
    except SoftTimeLimitExceeded:
        raise
    except ClaimLost as lost:
        return poll_of(feed, "failed", reason="claim_lost", message=str(lost))
    except Exception as error:
        log.exception("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)
        crashed = poll_of(feed, "failed", reason="crashed", message=summarize_error(error))
        return in_transaction(_store, feed, feed.pages, crashed, headers, None)


def _read(
    feed: ClaimedFeed, answer: Fetched | FetchFailed
) -> tuple[Poll, ResponseHeaders, Feed | None]:
    if isinstance(answer, FetchFailed):
        failed = poll_of(feed, "failed", reason=answer.reason, message=str(answer))
        return failed, ResponseHeaders(), None
    poll = poll_of(feed, "unchanged", status=answer.status, took_ms=answer.took_ms)
    if answer.body is None:
        message = f"the server answered {answer.status}"
        failed = replace(poll, outcome="failed", reason=f"http_{answer.status}", message=message)
        return failed, answer.headers, None
    try:
        page = parse_feed(answer.body, url=answer.url, content_type=answer.headers.content_type)
    except FeedRefused as refused:
        failed = replace(poll, outcome="failed", reason=refused.reason, message=str(refused))
        return failed, answer.headers, None
    return poll, answer.headers, page


def _store(
    session: Session,
    feed: ClaimedFeed,
    pages: ArchiveProgress,
    poll: Poll,
    headers: ResponseHeaders,
    page: Feed | None,
) -> Poll:
    """The episodes of a page, how far the reading is, and the next look, all or nothing."""
    now, settings = database_time(session), get_settings()
    if page is None:
        step = after_failure(pages, poll.reason, poll.message)
    else:
        new = add_older_episodes(session, feed.podcast_id, page, now)
        poll = replace(poll, new=new, outcome="changed" if new else "unchanged")
        step = after_page(pages, page, most=settings.feed_max_archive_pages)
    key = None if page is None else read_key(pages.next_url)
    advance_archive(session, feed.podcast_id, step, now, key=key, new=poll.new)
    if not record_archive_page(session, feed, _next(feed, pages, poll, headers, step, now), now):
        raise ClaimLost("another process polls this feed by now")
    _log(feed, pages, poll, step)
    return poll


def _next(
    feed: ClaimedFeed,
    pages: ArchiveProgress,
    poll: Poll,
    headers: ResponseHeaders,
    step: ArchiveStep,
    now: datetime,
) -> NextPoll:
    """The next page after a while, unless the feed itself is due before."""
    jitter = random.random()  # noqa: S311  spreads the load, hides nothing
    wait = timedelta(seconds=get_settings().archive_page_delay_seconds)
    following = NextPoll(now + wait * (1 + 0.1 * jitter), ARCHIVE)
    if not poll.ok:
        failures = FailureState(pages.error_count + 1)
        failed = poll_after_failure(poll, headers, failures, now, jitter=jitter)
        following = NextPoll(failed.at, ARCHIVE, failed.host_not_before)
    feed_due_at = feed.feed_due_at or now
    if step.state != PagesState.reading or (following.at and following.at >= feed_due_at):
        return NextPoll(feed_due_at, feed.feed_due_reason, following.host_not_before)
    return following


def _log(feed: ClaimedFeed, pages: ArchiveProgress, poll: Poll, step: ArchiveStep) -> None:
    about = {
        "podcast_id": feed.podcast_id,
        "feed": feed.feed_url,
        "page": public_url(pages.next_url),
        "number": pages.pages + 1,
    }
    if poll.ok:
        log.info(
            "archive_page_read", **about, status=poll.status, new=poll.new, took_ms=poll.took_ms
        )
    else:
        log.warning("archive_page_failed", **about, reason=poll.reason, message=poll.message)
    if step.state != PagesState.reading:
        event = log.info if step.state == PagesState.done else log.warning
        event("archive_ended", **about, reason=step.reason, message=step.message)
