"""Stores polled feed documents with everything that follows from them, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from models import get_settings
from models.database import Session, database_time
from tasks.feeds.store import FeedChange, FeedDocument, store_feeds
from tasks.feeds.values import Feed
from tasks.podcasts.store.relocate import record_new_feed_url
from tasks.podcasts.store.states import change_state, record_documents
from tasks.podcasts.transitions import PodcastEvent
from tasks.polling.archive.walk import archive_start
from tasks.polling.response import ClassifiedResponse
from tasks.polling.schedule.publish_pattern import PublishPattern, learn
from tasks.polling.scheduling import prefer_archive_pages, schedule
from tasks.polling.store.archive import begin_archive, record_feed_due
from tasks.polling.store.results import record_poll_results
from tasks.polling.values import ClaimedFeed, ClaimLost, Poll, PollResult
from tasks.websub.discovery import discover_hub
from tasks.websub.store import record_hub_offer, record_missed_notification


def store_documents(session: Session, responses: Sequence[ClassifiedResponse]) -> list[Poll]:
    """Store documents and new states, and schedule the next polls: all or nothing.

    Raises:
        ClaimLost: another process polls one of the feeds now.
    """
    now = database_time(session)
    responses = _store_states(session, responses)
    changes = _store_feeds(session, responses, now)
    results = [
        _result(session, response, changes.get(response.feed.podcast_id), now)
        for response in responses
    ]
    recorded = record_results(session, results, now)
    if lost := {result.feed.podcast_id for result in results} - recorded:
        raise ClaimLost(f"podcasts {sorted(lost)} are polled by another process")
    return [result.poll for result in results]


def record_results(session: Session, results: Sequence[PollResult], now: datetime) -> set[int]:
    """Record results, with archive pages as next polls where there is time; the podcasts."""
    delay_seconds = get_settings().archive_page_delay_seconds
    results, feeds_due = prefer_archive_pages(results, now, delay_seconds)
    record_feed_due(session, feeds_due)
    return record_poll_results(
        session, results, now, poll_log_per_feed=get_settings().poll_log_per_feed
    )


def _store_states(
    session: Session, responses: Sequence[ClassifiedResponse]
) -> list[ClassifiedResponse]:
    """Change states; a podcast that an operator paused or removed meanwhile stays as it is.

    A podcast that became active since it was claimed cannot be refused: its poll has failed, and
    is repeated.
    """
    documents = [one.feed.podcast_id for one in responses if one.event is PodcastEvent.document]
    record_documents(session, documents)
    return [_store_state(session, response) for response in responses]


def _store_state(session: Session, response: ClassifiedResponse) -> ClassifiedResponse:
    event = response.event
    if event is None or event is PodcastEvent.document:
        return response
    changed = change_state(session, response.feed.podcast_id, event)
    if event is PodcastEvent.no_feed and not changed:
        return replace(response, poll=replace(response.poll, outcome="failed"))
    return response


def _store_feeds(
    session: Session, responses: Sequence[ClassifiedResponse], now: datetime
) -> dict[int, FeedChange]:
    documents = [
        FeedDocument(response.feed.podcast_id, response.document, response.body)
        for response in responses
        if response.document
    ]
    return store_feeds(session, documents, now) if documents else {}


def _result(
    session: Session, response: ClassifiedResponse, change: FeedChange | None, now: datetime
) -> PollResult:
    """The result of one poll, with what its document changed and taught."""
    pattern = PublishPattern.from_json(response.feed.publish_pattern)
    if response.document and change:
        _record_hub(session, response.feed, response, change, now)
        record_new_feed_url(session, response.feed, response.document.new_feed_url)
        pattern = _learn(pattern, response.feed, response.document, change, now)
        response = replace(
            response,
            feed=_begin_archive(session, response.feed, response.document, now),
            poll=_with_change(response.poll, change),
        )
    result = schedule(response, now, pattern)
    return replace(result, publish_pattern=pattern.to_json())


def _with_change(poll: Poll, change: FeedChange) -> Poll:
    outcome = "changed" if change.any else "unchanged"
    return replace(poll, outcome=outcome, new=change.new, changed=change.changed)


def _record_hub(
    session: Session,
    feed: ClaimedFeed,
    response: ClassifiedResponse,
    change: FeedChange,
    now: datetime,
) -> None:
    """Record the hub that the feed offers, and a notification that its hub should have sent."""
    assert response.document is not None  # noqa: S101  narrows for mypy
    offer = discover_hub(feed.url, response.document, response.headers)
    record_hub_offer(session, feed.podcast_id, offer, (feed.hub_url, feed.topic_url))
    if change.new and feed.has_active_push(now):
        record_missed_notification(session, feed.podcast_id)


def _learn(
    pattern: PublishPattern, feed: ClaimedFeed, document: Feed, change: FeedChange, now: datetime
) -> PublishPattern:
    return learn(
        pattern,
        [item.published_at for item in document.items],
        document.schedule_tags,
        last_success=feed.last_ok_at,
        new_episodes=change.new,
        now=now,
    )


def _begin_archive(
    session: Session, feed: ClaimedFeed, document: Feed, now: datetime
) -> ClaimedFeed:
    """Begin to read the feed's archive, if it has one that was not read yet."""
    progress = archive_start(feed.url, document) if get_settings().feed_max_archive_pages else None
    again = feed.skip_validators and feed.last_ok_at is not None
    if progress and begin_archive(session, feed.podcast_id, progress, now, again=again):
        return replace(feed, archive_in_progress=True)
    return feed
