"""Polls feeds: a tick claims those that are due, a task fetches them together and stores each."""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models import QueueState, get_settings
from models.database import database_time, in_one_line, in_transaction
from tasks.crawls.judging import Judged, judge, look_at, state_after
from tasks.crawls.moving import consider_move, may_have_moved, note_hint
from tasks.crawls.rhythm import FeedRhythm, learn
from tasks.crawls.schedule import schedule_next
from tasks.crawls.store import (
    claim_due_feeds,
    claimed_feeds,
    lose_claim,
    release_claim,
    renew_claim,
    settle,
)
from tasks.crawls.values import ClaimedFeed, ClaimLost, Look, NextLook, Pace, Settled, Troubles
from tasks.feeds.store import FeedChange, set_podcast_state, store_feed
from tasks.feeds.values import Feed
from tasks.fetching.batch import fetch_many
from tasks.fetching.configured import feed_limits, fetch_loop
from tasks.fetching.values import AnswerHeaders, BatchLimits, Fetched, FetchFailed, FetchRequest
from tasks.lease import kept_alive
from tasks.publish import publish_waiting_jobs, queue_length
from tasks.queues.store import halted_queues

log = structlog.get_logger()

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)

# Well inside a task's soft limit: what a slow batch has not fetched by then is a timeout.
BATCH_SECONDS = 90

# The bodies of a batch are held together; what does not fit waits for its next turn.
BATCH_BYTES = 256_000_000

# So many looks ask without validators, in case a server's lie: an ETag that never changes.
UNCONDITIONAL_SHARE = 0.01

# Messages in the poll queue above which a tick claims no more: after a standstill the feeds wait
# as rows, where the next tick finds them, and not in a queue.
WAITING_BATCHES = 8


@shared_task(name="overheard.poll_due_feeds")
def poll_due_feeds() -> None:
    """The tick: claim what is due, in batches, and send one message for each."""
    if "poll" in in_transaction(halted_queues):
        return
    try:
        for _ in range(WAITING_BATCHES - queue_length(current_app, "poll")):
            if not _send_batch():
                return
    except OperationalError as error:
        log.warning("publish_failed", reason="broker_unreachable", message=str(error))


def _send_batch() -> bool:
    """Whether there was something due; its feeds are given back when the message fails."""
    token = in_transaction(_claim)
    if token is None:
        return False
    try:
        poll_feeds.apply_async((str(token),), queue="poll")
    except OperationalError:
        in_transaction(_release, token)
        raise
    return True


def _claim(session: Session) -> UUID | None:
    return claim_due_feeds(session, database_time(session), get_settings().poll_batch)


def _release(session: Session, token: UUID) -> None:
    release_claim(session, token, database_time(session))


@shared_task(name="overheard.poll_feeds", bind=True)
def poll_feeds(self: Any, token: str) -> None:
    """Poll the feeds under a claim, then send the jobs of their new episodes.

    A message that the broker gives back has lost a poller already, perhaps by what one of its
    feeds sent. What is left of the batch is let go, and polled feed by feed.
    """
    if (self.request.delivery_info or {}).get("redelivered"):
        for podcast_id in in_transaction(_lose, UUID(token)):
            log.warning("poll_lost", podcast_id=podcast_id)
        return
    if in_transaction(halted_queues).get("poll") is QueueState.paused:
        in_transaction(_release, UUID(token))
        return
    looks = poll_claimed(UUID(token))
    if any(look.new or look.changed for look in looks):
        publish_waiting_jobs()


def _lose(session: Session, token: UUID) -> list[int]:
    return lose_claim(session, token, database_time(session))


def poll_claimed(token: UUID) -> list[Look]:
    """Fetch the claimed feeds together; store each document by itself, and the rest at once."""
    seconds = get_settings().job_lease_seconds
    feeds = in_transaction(_take, token, seconds)
    if not feeds:
        log.debug("claim_empty", claim=str(token))
        return []
    with kept_alive(lambda session: _renew(session, token, seconds), seconds):
        return _poll(feeds)


def _take(session: Session, token: UUID, lease_seconds: float) -> list[ClaimedFeed]:
    """The claimed feeds; from now on their claim lasts only while somebody is at work on them."""
    _renew(session, token, lease_seconds)
    return claimed_feeds(session, token)


def _renew(session: Session, token: UUID, lease_seconds: float) -> bool:
    return renew_claim(session, token, database_time(session), lease_seconds)


def _poll(feeds: Sequence[ClaimedFeed]) -> list[Look]:
    answers = _fetch(feeds)
    stored: dict[int, Look] = {}
    plain: list[tuple[ClaimedFeed, Judged]] = []
    for feed, answer in zip(feeds, answers, strict=True):
        started = time.monotonic()
        try:
            judged = judge(feed, answer)
            if judged.document is None and state_after(feed, judged.look) is None:
                plain.append((feed, judged))
                continue
            look = in_transaction(_store, feed, judged)
        except SoftTimeLimitExceeded:
            return _out_of_time(feeds, stored, plain)
        except Exception as error:  # noqa: BLE001  a row and a log line, whatever it was
            look = _crashed(feed, error)
        took = round((time.monotonic() - started) * 1000)
        stored[feed.podcast_id] = replace(look, took_ms=look.took_ms + took)
    stored |= _settle_plain(plain)
    looks = [stored[feed.podcast_id] for feed in feeds]
    for look in looks:
        _log(look)
    for feed, answer in zip(feeds, answers, strict=True):
        _consider_move(feed, stored[feed.podcast_id], answer)
    return looks


def _out_of_time(
    feeds: Sequence[ClaimedFeed],
    stored: dict[int, Look],
    plain: Sequence[tuple[ClaimedFeed, Judged]],
) -> list[Look]:
    """Settle what is known already, and give the rest back: it is due again now."""
    stored |= _settle_plain(plain)
    in_transaction(_release, feeds[0].claim)
    log.warning("poll_out_of_time", feeds=len(feeds), polled=len(stored))
    for look in stored.values():
        _log(look)
    return list(stored.values())


def _consider_move(feed: ClaimedFeed, look: Look, answer: Fetched | FetchFailed) -> None:
    """Follow a feed that has moved; what goes wrong with it is seen again at the next look."""
    permanent_url = answer.permanent_url if isinstance(answer, Fetched) else None
    if look.reason == "claim_lost" or not may_have_moved(feed, look, permanent_url):
        return
    try:
        in_transaction(consider_move, feed, look, permanent_url)
    except Exception:
        log.exception("move_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)


def _fetch(feeds: Sequence[ClaimedFeed]) -> list[Fetched | FetchFailed]:
    settings = get_settings()
    return fetch_loop().run(
        lambda client: fetch_many(
            client,
            [_request(feed) for feed in feeds],
            feed_limits(settings),
            _batch_limits(settings.poll_per_host),
        )
    )


def _batch_limits(per_host: int) -> BatchLimits:
    return BatchLimits(
        concurrency=32, per_host=per_host, within_seconds=BATCH_SECONDS, max_bytes=BATCH_BYTES
    )


def _request(feed: ClaimedFeed) -> FetchRequest:
    if feed.unconditional or random.random() < UNCONDITIONAL_SHARE:  # noqa: S311
        return FetchRequest(feed.url, accept=ACCEPT)
    return FetchRequest(feed.url, feed.etag, feed.last_modified, ACCEPT)


def _store(session: Session, feed: ClaimedFeed, judged: Judged) -> Look:
    """Store a document or a new state, with the crawl's next time, all or nothing."""
    now = database_time(session)
    look, rhythm = judged.look, FeedRhythm.from_json(feed.rhythm)
    if state := state_after(feed, look):
        # Removed or paused while the answer was on its way, it stays what an operator made of it.
        set_podcast_state(session, feed.podcast_id, state, only_from=(feed.state,))
    if judged.document:
        change = store_feed(session, feed.podcast_id, judged.document, judged.body, now)
        note_hint(session, feed, judged.document.new_feed_url)
        rhythm = _learned(rhythm, feed, judged.document, change, now)
        outcome = "changed" if change.any else "unchanged"
        look = replace(look, outcome=outcome, new=change.new, changed=change.changed)
    settled = _settled(feed, look, judged.headers, rhythm, now)
    if not settle(session, [replace(settled, rhythm=rhythm.to_json())], now):
        raise ClaimLost(f"podcast {feed.podcast_id} is polled by another process")
    return look


def _learned(
    rhythm: FeedRhythm, feed: ClaimedFeed, document: Feed, change: FeedChange, now: datetime
) -> FeedRhythm:
    return learn(
        rhythm,
        [item.published_at for item in document.items],
        document.rhythm,
        looked_before=feed.last_ok_at,
        appeared=change.new,
        now=now,
    )


def _settle_plain(plain: Sequence[tuple[ClaimedFeed, Judged]]) -> dict[int, Look]:
    """Record the looks that brought no document, usually nearly all of them, by one statement."""
    looks = {feed.podcast_id: judged.look for feed, judged in plain}
    try:
        recorded = in_transaction(_settle_all, plain)
    except Exception:
        if len(plain) > 1:  # one that cannot be recorded must not keep the others from it
            return {k: v for one in plain for k, v in _settle_plain([one]).items()}
        log.exception("poll_unrecorded", podcast_id=plain[0][0].podcast_id)
        return looks
    lost = {feed.podcast_id: feed for feed, _ in plain if feed.podcast_id not in recorded}
    return looks | {podcast: _claim_lost(feed) for podcast, feed in lost.items()}


def _settle_all(session: Session, plain: Sequence[tuple[ClaimedFeed, Judged]]) -> set[int]:
    now = database_time(session)
    settled = [
        _settled(feed, judged.look, judged.headers, FeedRhythm.from_json(feed.rhythm), now)
        for feed, judged in plain
    ]
    return settle(session, settled, now)


def _settled(
    feed: ClaimedFeed, look: Look, headers: AnswerHeaders, rhythm: FeedRhythm, now: datetime
) -> Settled:
    """A look with the next one, which there always is."""
    settings = get_settings()
    pace = Pace(
        timedelta(seconds=settings.poll_floor_seconds),
        timedelta(seconds=settings.poll_ceiling_seconds),
        timedelta(seconds=settings.poll_patience_seconds),
    )
    following: NextLook = schedule_next(
        look,
        rhythm,
        now,
        headers=headers,
        troubles=Troubles(feed.error_count + 1, feed.failing_since),
        pace=pace,
        jitter=random.random(),  # noqa: S311  spreads the load, hides nothing
    )
    return Settled(feed, look, following)


def _crashed(feed: ClaimedFeed, error: Exception) -> Look:
    """Record what went wrong with one feed, so that it never stops the others."""
    if isinstance(error, ClaimLost):
        return _claim_lost(feed)
    log.error("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url, exc_info=error)
    look = look_at(feed, "failed", reason="crashed", message=in_one_line(error))
    return _settle_plain([(feed, Judged(look))])[feed.podcast_id]


def _claim_lost(feed: ClaimedFeed) -> Look:
    message = "another process polls this feed by now"
    return look_at(feed, "failed", reason="claim_lost", message=message)


def _log(look: Look) -> None:
    event = log.warning if look.outcome in {"failed", "refused"} else log.info
    event(
        f"feed_{look.outcome}",
        podcast_id=look.podcast_id,
        feed=look.feed_url,
        status=look.status,
        reason=look.reason,
        message=look.message,
        new=look.new,
        changed=look.changed,
        took_ms=look.took_ms,
    )
