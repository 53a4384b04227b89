"""Records what looks at feeds came to: what is new, the outcome, and when to look again."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from sqlmodel import Session

from models import PodcastState, get_settings
from models.database import database_time, in_transaction, summarize_error
from tasks.feeds.store import Document, FeedChange, set_podcast_state, store_feeds
from tasks.feeds.values import Feed
from tasks.http.values import Fetched, FetchFailed, ResponseHeaders
from tasks.podcasts.store.relocation import (
    consider_relocation,
    may_have_relocated,
    record_new_feed_url,
)
from tasks.polling.archive.page import record_archive_poll
from tasks.polling.archive.walk import archive_start
from tasks.polling.response import ClassifiedResponse, classify_response, poll_of, state_after
from tasks.polling.schedule.next_poll import schedule_next_poll
from tasks.polling.schedule.publish_pattern import PublishPattern, learn
from tasks.polling.store.archive import begin_archive, note_feed_due
from tasks.polling.store.claims import ARCHIVE, record_poll_results
from tasks.polling.values import (
    ClaimedFeed,
    ClaimLost,
    FailureState,
    NextPoll,
    Poll,
    PollIntervals,
    PollResult,
    PushState,
)
from tasks.websub.discovery import discover_hub
from tasks.websub.store import record_hub_offer, record_missed_notification

log = structlog.get_logger()

FetchedFeed = tuple[ClaimedFeed, Fetched | FetchFailed]
ClassifiedFeed = tuple[ClaimedFeed, ClassifiedResponse]


def record_responses(fetched: Sequence[FetchedFeed]) -> list[Poll]:
    """Store what came: first looks together, other documents each by itself, the rest at once."""
    plain: list[ClassifiedFeed] = []
    first: list[ClassifiedFeed] = []
    polls: dict[int, Poll] = {}
    for feed, answer in fetched:
        if feed.pages:
            polls[feed.podcast_id] = record_archive_poll(feed, answer)
            continue
        classified = _classified(feed, answer)
        if classified.document is None and state_after(feed, classified.poll) is None:
            plain.append((feed, classified))
        elif classified.document and feed.state is PodcastState.pending:
            first.append((feed, classified))
        else:
            polls |= _store_timed([(feed, classified)])
    polls |= _store_timed(first)
    polls |= _settle_plain(plain)
    for feed, answer in fetched:
        if feed.pages:
            continue
        _log(polls[feed.podcast_id])
        _consider_move(feed, polls[feed.podcast_id], answer)
    return list(polls.values())


def _classified(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> ClassifiedResponse:
    started = time.monotonic()
    try:
        classified = classify_response(feed, answer)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  a row and a log line, whatever it was
        return _crash(feed, error)
    return replace(classified, poll=_took(classified.poll, started))


def _took(poll: Poll, started: float, among: int = 1) -> Poll:
    spent = round((time.monotonic() - started) * 1000 / among)
    return replace(poll, took_ms=poll.took_ms + spent)


def _store_timed(classified_feeds: Sequence[ClassifiedFeed]) -> dict[int, Poll]:
    """Store documents in one transaction, or each in its own when one of them spoils it."""
    if not classified_feeds:
        return {}
    started = time.monotonic()
    try:
        polls = in_transaction(_store, classified_feeds)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  a row and a log line, whatever it was
        if len(classified_feeds) > 1:
            return {k: v for one in classified_feeds for k, v in _store_timed([one]).items()}
        (feed, _) = classified_feeds[0]
        return {feed.podcast_id: _crashed(feed, error)}
    return {poll.podcast_id: _took(poll, started, len(polls)) for poll in polls}


def _consider_move(feed: ClaimedFeed, poll: Poll, answer: Fetched | FetchFailed) -> None:
    """Follow a feed that has moved; what goes wrong with it is seen again at the next look."""
    permanent_url = answer.permanent_url if isinstance(answer, Fetched) else None
    if poll.reason == "claim_lost" or not may_have_relocated(
        feed, poll.status, permanent_url, ok=poll.ok
    ):
        return
    try:
        in_transaction(consider_relocation, feed, poll.status, permanent_url)
    except Exception:
        log.exception("relocation_failed", podcast_id=feed.podcast_id, feed=feed.feed_url)


def _store(session: Session, classified_feeds: Sequence[ClassifiedFeed]) -> list[Poll]:
    """Store documents and new states, with the next time of each crawl, all or nothing."""
    now = database_time(session)
    for feed, classified in classified_feeds:
        if state := state_after(feed, classified.poll):
            # Removed or paused while the answer was on its way, it stays what an operator made it.
            set_podcast_state(session, feed.podcast_id, state, only_from=(feed.state,))
    documents = [
        Document(feed.podcast_id, classified.document, classified.body)
        for feed, classified in classified_feeds
        if classified.document
    ]
    changes = store_feeds(session, documents, now) if documents else {}
    results = [
        _with_change(session, feed, classified, changes.get(feed.podcast_id), now)
        for feed, classified in classified_feeds
    ]
    results = _pages_first(session, results, now)
    recorded = record_poll_results(
        session, results, now, poll_log_per_feed=get_settings().poll_log_per_feed
    )
    if lost := {one.feed.podcast_id for one in results} - recorded:
        raise ClaimLost(f"podcasts {sorted(lost)} are polled by another process")
    return [one.poll for one in results]


def _with_change(
    session: Session,
    feed: ClaimedFeed,
    classified: ClassifiedResponse,
    change: FeedChange | None,
    now: datetime,
) -> PollResult:
    """A look with what its document changed and taught."""
    poll, rhythm = classified.poll, PublishPattern.from_json(feed.rhythm)
    if classified.document and change:
        record_new_feed_url(session, feed, classified.document.new_feed_url)
        offer = discover_hub(feed.url, classified.document, classified.headers)
        record_hub_offer(session, feed.podcast_id, offer, (feed.hub_url, feed.topic_url))
        if change.new and feed.notified_by_push(now):
            record_missed_notification(session, [feed.podcast_id])
        rhythm = _learned(rhythm, feed, classified.document, change, now)
        outcome = "changed" if change.any else "unchanged"
        poll = replace(poll, outcome=outcome, new=change.new, changed=change.changed)
        feed = _with_pages(session, feed, classified.document, now)
    results = _settled(feed, poll, classified.headers, rhythm, now)
    return replace(results, rhythm=rhythm.to_json())


def _with_pages(session: Session, feed: ClaimedFeed, document: Feed, now: datetime) -> ClaimedFeed:
    """Begin to read the back catalogue, when the document leads to one that was not read yet."""
    pages = archive_start(feed.url, document) if get_settings().feed_max_archive_pages else None
    again = feed.skip_validators and feed.last_ok_at is not None
    if pages and begin_archive(session, feed.podcast_id, pages, now, again=again):
        return replace(feed, has_archive=True)
    return feed


def _learned(
    rhythm: PublishPattern, feed: ClaimedFeed, document: Feed, change: FeedChange, now: datetime
) -> PublishPattern:
    return learn(
        rhythm,
        [item.published_at for item in document.items],
        document.rhythm,
        looked_before=feed.last_ok_at,
        appeared=change.new,
        now=now,
    )


def _settle_plain(plain: Sequence[ClassifiedFeed]) -> dict[int, Poll]:
    """Record the looks that brought no document, usually nearly all of them, by one statement."""
    polls = {feed.podcast_id: classified.poll for feed, classified in plain}
    if not plain:
        return polls
    try:
        recorded = in_transaction(_settle_all, plain)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        if len(plain) > 1:  # one that cannot be recorded must not keep the others from it
            return {k: v for one in plain for k, v in _settle_plain([one]).items()}
        log.exception("poll_result_not_saved", podcast_id=plain[0][0].podcast_id)
        return polls
    lost = {feed.podcast_id: feed for feed, _ in plain if feed.podcast_id not in recorded}
    return polls | {podcast: _claim_lost(feed) for podcast, feed in lost.items()}


def _settle_all(session: Session, plain: Sequence[ClassifiedFeed]) -> set[int]:
    now = database_time(session)
    results = [
        _settled(
            feed, classified.poll, classified.headers, PublishPattern.from_json(feed.rhythm), now
        )
        for feed, classified in plain
    ]
    results = _pages_first(session, results, now)
    return record_poll_results(
        session, results, now, poll_log_per_feed=get_settings().poll_log_per_feed
    )


def _pages_first(
    session: Session, results: Sequence[PollResult], now: datetime
) -> list[PollResult]:
    """Where a back catalogue is being read, the next look is for its next page, if there is time.

    Only while the feed itself is well: it goes before what is old.
    """
    at = now + timedelta(seconds=get_settings().archive_page_delay_seconds)
    page = {
        one.feed.podcast_id: one.next_poll
        for one in results
        if one.feed.has_archive and one.poll.ok and one.next_poll.at and one.next_poll.at > at
    }
    note_feed_due(session, [(k, poll.at, poll.why) for k, poll in page.items() if poll.at])
    return [
        replace(one, next_poll=replace(one.next_poll, at=at, why=ARCHIVE))
        if one.feed.podcast_id in page
        else one
        for one in results
    ]


def _settled(
    feed: ClaimedFeed, poll: Poll, headers: ResponseHeaders, rhythm: PublishPattern, now: datetime
) -> PollResult:
    """A look with the next one, which there always is."""
    settings = get_settings()
    intervals = PollIntervals(
        timedelta(seconds=settings.poll_min_interval_seconds),
        timedelta(seconds=settings.poll_max_interval_seconds),
        timedelta(seconds=settings.poll_target_delay_seconds),
        timedelta(seconds=settings.poll_interval_with_push_seconds),
    )
    following: NextPoll = schedule_next_poll(
        poll,
        rhythm,
        now,
        headers=headers,
        failures=FailureState(feed.error_count + 1, feed.failing_since),
        intervals=intervals,
        jitter=random.random(),  # noqa: S311  spreads the load, hides nothing
        push=PushState(feed.notified_by_push(now), feed.next_poll_reason == "notified"),
    )
    return PollResult(feed, poll, following)


def _crash(feed: ClaimedFeed, error: Exception) -> ClassifiedResponse:
    log.error("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url, exc_info=error)
    return ClassifiedResponse(
        poll_of(feed, "failed", reason="crashed", message=summarize_error(error))
    )


def _crashed(feed: ClaimedFeed, error: Exception) -> Poll:
    """Record what went wrong with storing one feed, so that it never stops the others."""
    if isinstance(error, ClaimLost):
        return _claim_lost(feed)
    return _settle_plain([(feed, _crash(feed, error))])[feed.podcast_id]


def _claim_lost(feed: ClaimedFeed) -> Poll:
    message = "another process polls this feed by now"
    return poll_of(feed, "failed", reason="claim_lost", message=message)


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
