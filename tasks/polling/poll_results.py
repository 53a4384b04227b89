"""Records what polls of feeds came to: classifies, stores, schedules, and ends the claims."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from models import PodcastState
from models.database import Session, database_time, in_transaction, summarize_error
from tasks.http.values import Fetched, FetchFailed
from tasks.jobs.time_limits import SoftTimeLimitExceeded
from tasks.podcasts.store.relocate import may_have_relocated, relocate_if_due
from tasks.polling.archive.page import record_archive_page
from tasks.polling.documents import record_results, store_documents
from tasks.polling.response import ClassifiedResponse, classify_response, new_poll
from tasks.polling.scheduling import schedule
from tasks.polling.values import ClaimedFeed, ClaimLost, Poll

log = structlog.get_logger()

FetchedFeed = tuple[ClaimedFeed, Fetched | FetchFailed]


def record_responses(fetched: Sequence[FetchedFeed]) -> list[Poll]:
    """Classify, store and schedule fetched feeds. A poll takes one of six ways into the database.

    1. An archive page: a transaction of its own (``archive/page.py``).
    2. No document and no new state (a 304, a failure), nearly all polls: one statement for all.
    3. The first document of a pending podcast: one transaction for all of these.
    4. A document of a known podcast, or a new state: a transaction for each.
    5. A crash while classifying or storing: recorded as a failed poll, like 2.
    6. A claim that another process has now: nothing is stored.
    """
    polls: dict[int, Poll] = {}
    without_document: list[ClassifiedResponse] = []
    first_documents: list[ClassifiedResponse] = []
    for feed, response in fetched:
        if feed.archive_page:
            polls[feed.podcast_id] = record_archive_page(feed, response)
            continue
        classified = _classify(feed, response)
        if classified.document is None and classified.event is None:
            without_document.append(classified)
        elif classified.document and feed.state is PodcastState.pending:
            first_documents.append(classified)
        else:
            polls |= _store_documents([classified])
    polls |= _store_documents(first_documents)
    polls |= _record_without_document(without_document)
    for feed, response in fetched:
        if not feed.archive_page:
            _log(polls[feed.podcast_id])
            _relocate(feed, polls[feed.podcast_id], response)
    return list(polls.values())


def _classify(feed: ClaimedFeed, response: Fetched | FetchFailed) -> ClassifiedResponse:
    started = time.monotonic()
    try:
        classified = classify_response(feed, response)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  any error becomes a failed poll
        return _crashed(feed, error)
    return replace(classified, poll=_add_time(classified.poll, started))


def _store_documents(responses: Sequence[ClassifiedResponse]) -> dict[int, Poll]:
    """Store documents and states in one transaction; each in its own if one of them crashes it."""
    if not responses:
        return {}
    started = time.monotonic()
    try:
        polls = in_transaction(store_documents, responses)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  any error becomes a failed poll
        if len(responses) > 1:
            return {k: poll for one in responses for k, poll in _store_documents([one]).items()}
        feed = responses[0].feed
        return {feed.podcast_id: _record_crash(feed, error)}
    return {poll.podcast_id: _add_time(poll, started, len(polls)) for poll in polls}


def _record_without_document(responses: Sequence[ClassifiedResponse]) -> dict[int, Poll]:
    """Record polls without a document in one transaction; each in its own if one crashes it."""
    polls = {response.feed.podcast_id: response.poll for response in responses}
    if not responses:
        return polls
    try:
        recorded = in_transaction(_record_all, responses)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        if len(responses) > 1:
            return {
                k: poll for one in responses for k, poll in _record_without_document([one]).items()
            }
        log.exception("poll_result_not_saved", podcast_id=responses[0].feed.podcast_id)
        return polls
    lost = [one.feed for one in responses if one.feed.podcast_id not in recorded]
    return polls | {feed.podcast_id: _claim_lost(feed) for feed in lost}


def _record_all(session: Session, responses: Sequence[ClassifiedResponse]) -> set[int]:
    now = database_time(session)
    return record_results(session, [schedule(response, now) for response in responses], now)


def _add_time(poll: Poll, started: float, polls: int = 1) -> Poll:
    """The poll with this step's time added, shared between the polls of the step."""
    spent_ms = round((time.monotonic() - started) * 1000 / polls)
    return replace(poll, took_ms=poll.took_ms + spent_ms)


def _record_crash(feed: ClaimedFeed, error: Exception) -> Poll:
    """Record a feed that could not be stored as failed, so that it stops no other feed."""
    if isinstance(error, ClaimLost):
        return _claim_lost(feed)
    return _record_without_document([_crashed(feed, error)])[feed.podcast_id]


def _crashed(feed: ClaimedFeed, error: Exception) -> ClassifiedResponse:
    log.error("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url, exc_info=error)
    message = summarize_error(error)
    return ClassifiedResponse(feed, new_poll(feed, "failed", reason="crashed", message=message))


def _claim_lost(feed: ClaimedFeed) -> Poll:
    message = "another process polls this feed now"
    return new_poll(feed, "failed", reason="claim_lost", message=message)


def _relocate(feed: ClaimedFeed, poll: Poll, response: Fetched | FetchFailed) -> None:
    """Follow a feed that has moved; if that fails, the next poll tries again."""
    permanent_url = response.permanent_url if isinstance(response, Fetched) else None
    if poll.reason == "claim_lost" or not may_have_relocated(
        feed, poll.status, permanent_url, succeeded=poll.succeeded
    ):
        return
    try:
        in_transaction(relocate_if_due, feed, poll.status, permanent_url)
    except Exception:
        log.exception("relocation_failed", podcast_id=feed.podcast_id, feed=feed.feed_url)


def _log(poll: Poll) -> None:
    event = log.warning if poll.outcome in {"failed", "refused"} else log.info
    event(
        f"feed_{poll.outcome}",
        podcast_id=poll.podcast_id,
        feed=poll.feed_url,
        status=poll.status,
        reason=poll.reason,
        message=poll.message,
        new=poll.new,
        changed=poll.changed,
        took_ms=poll.took_ms,
    )
