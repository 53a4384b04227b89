"""Polls feeds: a tick claims those that are due, a task fetches them together and stores each."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models import PodcastState, get_settings
from models.database import database_time, in_transaction
from tasks.crawls.schedule import next_look
from tasks.crawls.store import claim_due_feeds, claimed_feeds, release_claim, settle
from tasks.crawls.values import ClaimedFeed, ClaimLost, Look
from tasks.feeds.parse import parse_feed
from tasks.feeds.store import set_podcast_state, store_feed
from tasks.feeds.values import Feed, FeedRefused
from tasks.fetching.batch import fetch_many
from tasks.fetching.configured import feed_limits, fetch_loop
from tasks.fetching.values import BatchLimits, Fetched, FetchFailed, FetchRequest, body_hash
from tasks.publish import publish_waiting_jobs

log = structlog.get_logger()

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)

# Well inside a task's soft limit: what a slow batch has not fetched by then is a timeout.
BATCH_SECONDS = 90

# An address that was never seen to be a feed, and answers like this, is no feed to wait for.
_NO_FEED = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url", "http_401",
                      "http_403", "http_404", "http_410"})  # fmt: skip


@shared_task(name="overheard.poll_due_feeds")
def poll_due_feeds() -> None:
    """The tick: claim what is due, in batches, and send one message for each."""
    while token := in_transaction(_claim):
        try:
            poll_feeds.apply_async((str(token),), queue="poll")
        except OperationalError as error:
            in_transaction(_release, token)
            log.warning("publish_failed", reason="broker_unreachable", message=str(error))
            return


def _claim(session: Session) -> UUID | None:
    return claim_due_feeds(session, database_time(session), get_settings().poll_batch)


def _release(session: Session, token: UUID) -> None:
    release_claim(session, token, database_time(session))


@shared_task(name="overheard.poll_feeds")
def poll_feeds(token: str) -> None:
    """Poll the feeds under a claim, then send the jobs of their new episodes."""
    looks = poll_claimed(UUID(token))
    if any(look.new or look.changed for look in looks):
        publish_waiting_jobs()


def poll_claimed(token: UUID) -> list[Look]:
    """Fetch the claimed feeds together, and store each in a transaction of its own."""
    feeds = in_transaction(claimed_feeds, token)
    if not feeds:
        log.debug("claim_empty", claim=str(token))
        return []
    answers = _fetch(feeds)
    return [_store(feed, answer) for feed, answer in zip(feeds, answers, strict=True)]


def _fetch(feeds: Sequence[ClaimedFeed]) -> list[Fetched | FetchFailed]:
    settings = get_settings()
    return fetch_loop().run(
        lambda client: fetch_many(
            client,
            [_request(feed) for feed in feeds],
            feed_limits(settings),
            BatchLimits(per_host=settings.poll_per_host, within_seconds=BATCH_SECONDS),
        )
    )


def _request(feed: ClaimedFeed) -> FetchRequest:
    if feed.unconditional:
        return FetchRequest(feed.url, accept=ACCEPT)
    return FetchRequest(feed.url, feed.etag, feed.last_modified, ACCEPT)


def _store(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> Look:
    """Make of an answer what it says, and record it whatever it is: a row and a log line."""
    started = time.monotonic()
    try:
        look = _settle(feed, answer)
    except ClaimLost as lost:
        look = _look(feed, "failed", reason="claim_lost", message=str(lost))
    except Exception as error:
        log.exception("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)
        look = _record_crash(feed, f"{type(error).__name__}: {error}")
    event = {"failed": log.warning, "refused": log.warning}.get(look.outcome, log.info)
    event(
        f"feed_{look.outcome}",
        podcast_id=feed.podcast_id,
        feed=feed.feed_url,
        status=look.status,
        reason=look.reason,
        message=look.message,
        new=look.new,
        changed=look.changed,
        took_ms=look.took_ms + round((time.monotonic() - started) * 1000),
    )
    return look


def _record_crash(feed: ClaimedFeed, message: str) -> Look:
    """Record a crash if that can be done; else the claim runs out, and the sweeper finds it."""
    look = _look(feed, "failed", reason="crashed", message=message)
    try:
        return _record(feed, look)
    except Exception:
        log.exception("poll_unrecorded", podcast_id=feed.podcast_id, feed=feed.feed_url)
        return look


def _look(feed: ClaimedFeed, outcome: str, **figures: Any) -> Look:
    return Look(feed.podcast_id, feed.feed_url, outcome, **figures)


def _settle(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> Look:
    if isinstance(answer, FetchFailed):
        return _record(feed, _failure(feed, answer.reason, str(answer)))
    if answer.status == 304 and feed.body_hash is not None:
        return _record(feed, _answered(feed, answer, "unchanged", feed.body_hash))
    if answer.body is None:
        return _record(feed, _refused_answer(feed, answer))
    hashed = body_hash(answer.body)
    if hashed == feed.body_hash and not feed.unconditional:
        return _record(feed, _answered(feed, answer, "unchanged", hashed))
    try:
        parsed = parse_feed(answer.body, url=answer.url, content_type=answer.headers.content_type)
    except FeedRefused as refused:
        return _record(feed, _failure(feed, refused.reason, str(refused), answer))
    look = _answered(feed, answer, "changed", hashed)
    return in_transaction(_store_feed, feed, look, parsed, answer.body)


def _answered(feed: ClaimedFeed, answer: Fetched, outcome: str, hashed: bytes) -> Look:
    """A look that found the feed. A 304 may leave validators out: the ones we have still hold."""
    headers = answer.headers
    kept = (feed.etag, feed.last_modified) if answer.status == 304 else (None, None)
    return _look(
        feed,
        outcome,
        status=answer.status,
        took_ms=answer.took_ms,
        etag=headers.etag or kept[0],
        last_modified=headers.last_modified or kept[1],
        body_hash=hashed,
    )


def _refused_answer(feed: ClaimedFeed, answer: Fetched) -> Look:
    message = f"the server answered {answer.status}"
    return _failure(feed, f"http_{answer.status}", message, answer)


def _failure(feed: ClaimedFeed, reason: str, message: str, answer: Fetched | None = None) -> Look:
    """A failed look; a refusal, if the address was never seen to be a feed and will not be."""
    no_feed = reason in _NO_FEED or (answer is not None and answer.body is not None)
    refused = feed.state is PodcastState.pending and no_feed
    return _look(
        feed,
        "refused" if refused else "failed",
        reason=reason,
        message=message,
        status=answer.status if answer else None,
        took_ms=answer.took_ms if answer else 0,
    )


def _record(feed: ClaimedFeed, look: Look) -> Look:
    """Settle a look that brought no new document."""
    in_transaction(_settle_look, feed, look)
    return look


def _settle_look(session: Session, feed: ClaimedFeed, look: Look) -> None:
    if look.outcome == "refused":
        set_podcast_state(session, feed.podcast_id, PodcastState.refused)
    elif look.status == 410 and feed.state is PodcastState.active:
        set_podcast_state(session, feed.podcast_id, PodcastState.gone)
    elif look.ok and feed.state is PodcastState.gone:
        set_podcast_state(session, feed.podcast_id, PodcastState.active)
    _settle_at(session, feed, look, database_time(session))


def _settle_at(session: Session, feed: ClaimedFeed, look: Look, now: datetime) -> None:
    when = next_look(
        look,
        now,
        interval=timedelta(seconds=get_settings().poll_interval_seconds),
        error_count=feed.error_count + 1,
        jitter=random.random(),  # noqa: S311  spreads the load, hides nothing
    )
    settle(session, feed, look, when, now)


def _store_feed(session: Session, feed: ClaimedFeed, look: Look, parsed: Feed, body: bytes) -> Look:
    """Store a document's episodes, their jobs and the crawl's next time, all or nothing."""
    now = database_time(session)
    change = store_feed(session, feed.podcast_id, parsed, body, now)
    outcome = "changed" if change.any else "unchanged"
    look = replace(look, outcome=outcome, new=change.new, changed=change.changed)
    _settle_at(session, feed, look, now)
    return look
