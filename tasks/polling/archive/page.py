"""Records the poll of one archive page: it finds older episodes and changes no known ones."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from models import PagesState, get_settings
from models.database import Session, database_time, in_transaction, summarize_error
from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.read import read_feed
from tasks.feeds.store import add_older_episodes
from tasks.feeds.values import Feed, FeedRefused
from tasks.http.redaction import public_url
from tasks.http.values import Fetched, FetchFailed, ResponseHeaders
from tasks.jobs.time_limits import SoftTimeLimitExceeded
from tasks.polling.archive.values import ArchiveProgress, ArchiveStep
from tasks.polling.archive.walk import after_failure, after_page, page_key
from tasks.polling.response import ClassifiedResponse, new_poll
from tasks.polling.schedule.backoff import next_poll_after_failure
from tasks.polling.store.archive import advance_archive
from tasks.polling.store.results import record_archive_result
from tasks.polling.values import ARCHIVE, ClaimedFeed, ClaimLost, FailureState, NextPoll, Poll

log = structlog.get_logger()


def record_archive_page(feed: ClaimedFeed, response: Fetched | FetchFailed) -> Poll:
    """Store the episodes of an archive page that are missing, and schedule the next page."""
    assert feed.archive_page is not None  # noqa: S101  narrows for mypy
    classified = _classify_page(feed, response)
    try:
        return in_transaction(_store_page, classified, feed.archive_page)
    except SoftTimeLimitExceeded:
        raise
    except ClaimLost as lost:
        return new_poll(feed, "failed", reason="claim_lost", message=str(lost))
    except Exception as error:
        log.exception("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)
        crashed = new_poll(feed, "failed", reason="crashed", message=summarize_error(error))
        failed = ClassifiedResponse(feed, crashed, classified.headers)
        return in_transaction(_store_page, failed, feed.archive_page)


def _classify_page(feed: ClaimedFeed, response: Fetched | FetchFailed) -> ClassifiedResponse:
    if isinstance(response, FetchFailed):
        return _failed(new_poll(feed, "failed"), feed, response.reason, str(response))
    poll = new_poll(feed, "unchanged", status=response.status, took_ms=response.took_ms)
    headers = response.headers
    if response.body is None:
        reason, message = f"http_{response.status}", f"the server answered {response.status}"
        return _failed(poll, feed, reason, message, headers)
    try:
        page = read_feed(response.body, url=response.url, content_type=headers.content_type)
    except FeedRefused as refused:
        return _failed(poll, feed, refused.reason, str(refused), headers)
    except BudgetInterrupted as interrupted:
        return _failed(poll, feed, "time_limit", str(interrupted), headers)
    return ClassifiedResponse(feed, poll, headers, page)


def _failed(
    poll: Poll,
    feed: ClaimedFeed,
    reason: str,
    message: str,
    headers: ResponseHeaders | None = None,
) -> ClassifiedResponse:
    failed = replace(poll, outcome="failed", reason=reason, message=message)
    return ClassifiedResponse(feed, failed, headers or ResponseHeaders())


def _store_page(
    session: Session, classified: ClassifiedResponse, progress: ArchiveProgress
) -> Poll:
    """Store a page's episodes, the progress and the next poll: all or nothing."""
    now = database_time(session)
    feed, poll, page = classified.feed, classified.poll, classified.document
    if page is None:
        step = after_failure(progress, poll.reason, poll.message)
    else:
        poll, step = _store_episodes(session, poll, page, progress, now)
    key = None if page is None else page_key(progress.next_url)
    advance_archive(session, feed.podcast_id, step, now, key=key, new=poll.new)
    next_poll = _next_poll(feed, progress, poll, classified.headers, step, now)
    if not record_archive_result(session, feed, next_poll, now):
        raise ClaimLost("another process polls this feed now")
    _log(feed, progress, poll, step)
    return poll


def _store_episodes(
    session: Session, poll: Poll, page: Feed, progress: ArchiveProgress, now: datetime
) -> tuple[Poll, ArchiveStep]:
    new = add_older_episodes(session, poll.podcast_id, page, now)
    step = after_page(progress, page, max_pages=get_settings().feed_max_archive_pages)
    return replace(poll, new=new, outcome="changed" if new else "unchanged"), step


def _next_poll(
    feed: ClaimedFeed,
    progress: ArchiveProgress,
    poll: Poll,
    headers: ResponseHeaders,
    step: ArchiveStep,
    now: datetime,
) -> NextPoll:
    """Poll the next archive page after a delay, unless the feed itself is due before."""
    jitter = random.random()  # noqa: S311  spreads the load
    delay = timedelta(seconds=get_settings().archive_page_delay_seconds)
    next_page = NextPoll(now + delay * (1 + 0.1 * jitter), ARCHIVE)
    if not poll.succeeded:
        failures = FailureState(progress.error_count + 1)
        retry = next_poll_after_failure(poll, headers, failures, now, jitter=jitter)
        next_page = NextPoll(retry.at, ARCHIVE, retry.host_not_before)
    feed_due_at = feed.feed_due_at or now
    if step.state != PagesState.reading or (next_page.at and next_page.at >= feed_due_at):
        return NextPoll(feed_due_at, feed.feed_due_reason, next_page.host_not_before)
    return next_page


def _log(feed: ClaimedFeed, progress: ArchiveProgress, poll: Poll, step: ArchiveStep) -> None:
    fields = {
        "podcast_id": feed.podcast_id,
        "feed": feed.feed_url,
        "page": public_url(progress.next_url),
        "number": progress.pages + 1,
    }
    if poll.succeeded:
        log.info(
            "archive_page_read", **fields, status=poll.status, new=poll.new, took_ms=poll.took_ms
        )
    else:
        log.warning("archive_page_failed", **fields, reason=poll.reason, message=poll.message)
    if step.state != PagesState.reading:
        event = log.info if step.state == PagesState.done else log.warning
        event("archive_ended", **fields, reason=step.reason, message=step.message)
