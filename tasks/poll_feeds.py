"""Polls feeds: a tick claims those that are due, a task fetches them together and stores each."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models import PodcastState, QueueState, get_settings
from models.database import database_time, in_one_line, in_transaction
from tasks.crawls.judging import Judged, judge, look_at, state_after
from tasks.crawls.moving import consider_move, may_have_moved, note_hint
from tasks.crawls.rhythm import FeedRhythm, learn
from tasks.crawls.schedule import schedule_next
from tasks.crawls.store import (
    claim_due_feeds,
    claim_more_feeds,
    claimed_feeds,
    lose_claim,
    release_claim,
    renew_claim,
    settle,
)
from tasks.crawls.values import (
    ClaimedFeed,
    ClaimLost,
    Look,
    NextLook,
    Pace,
    Push,
    Settled,
    Troubles,
)
from tasks.feeds.store import Document, FeedChange, set_podcast_state, store_feeds
from tasks.feeds.values import Feed
from tasks.fetching.batch import Batch
from tasks.fetching.configured import feed_limits, fetch_loop
from tasks.fetching.values import AnswerHeaders, BatchLimits, Fetched, FetchFailed, FetchRequest
from tasks.lease import kept_alive
from tasks.publish import publish_waiting_jobs, queue_length
from tasks.queues.store import halted_queues

log = structlog.get_logger()

Landed = tuple[ClaimedFeed, Fetched | FetchFailed]
Judgement = tuple[ClaimedFeed, Judged]

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)

# Well inside a task's soft limit: what a slow batch has not fetched by then is a timeout.
BATCH_SECONDS = 90

# Requests at once, and bodies that are fetched and not stored yet: what does not fit waits.
AT_ONCE = 100
BATCH_BYTES = 64_000_000

# While feeds are due, a poller adds them to its batch as places become free: for so long, and for
# longer while slow servers keep it waiting anyway. Then others have their turn.
TOP_UP_SECONDS, LONGEST_TOP_UP_SECONDS = 20.0, 60.0
SLOW_SECONDS = 5.0

# So many looks ask without validators, in case a server's lie: an ETag that never changes.
UNCONDITIONAL_SHARE = 0.01

# Messages that no poller has taken, at which a tick claims no more: after a standstill the feeds
# wait as rows, where a poller finds them that has room, and not in a queue.
WAITING_BATCHES = 2


@shared_task(name="overheard.poll_due_feeds")
def poll_due_feeds() -> None:
    """The tick: claim what is due, in batches, and send one message for each."""
    if "poll" in in_transaction(halted_queues):
        return
    try:
        while queue_length(current_app, "poll") < WAITING_BATCHES and _send_batch():
            pass
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
    settings = get_settings()
    now = database_time(session)
    return claim_due_feeds(session, now, settings.poll_batch, settings.poll_per_host)


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
    news = False
    for looks in _polled(UUID(token), top_up=True):
        news = news or any(look.new or look.changed for look in looks)
    if news:
        publish_waiting_jobs()


def _lose(session: Session, token: UUID) -> list[int]:
    return lose_claim(session, token, database_time(session))


def poll_claimed(token: UUID) -> list[Look]:
    """Look at the claimed feeds, and at no others."""
    looks = (look for looks in _polled(token, top_up=False) for look in looks)
    return sorted(looks, key=lambda look: look.podcast_id)


def _polled(token: UUID, *, top_up: bool) -> Iterator[list[Look]]:
    """Fetch the claimed feeds together, and store them as their answers come."""
    seconds = get_settings().job_lease_seconds
    feeds = in_transaction(_take, token, seconds)
    if not feeds:
        log.debug("claim_empty", claim=str(token))
        return
    with kept_alive(lambda session: _renew(session, token, seconds), seconds):
        yield from _Polling(token, feeds, top_up=top_up).run()


def _take(session: Session, token: UUID, lease_seconds: float) -> list[ClaimedFeed]:
    """The claimed feeds; from now on their claim lasts only while somebody is at work on them."""
    _renew(session, token, lease_seconds)
    return claimed_feeds(session, token)


def _renew(session: Session, token: UUID, lease_seconds: float) -> bool:
    return renew_claim(session, token, database_time(session), lease_seconds)


class _Polling:
    """The feeds that one poller has in flight: all under one claim, more added as others land."""

    def __init__(self, token: UUID, feeds: Sequence[ClaimedFeed], *, top_up: bool) -> None:
        settings = get_settings()
        limits = BatchLimits(AT_ONCE, settings.poll_per_host, BATCH_BYTES)
        self._token = token
        self._batch = Batch(feed_limits(settings), limits)
        self._flying: dict[int, ClaimedFeed] = {}
        self._since: dict[int, float] = {}
        self._started = time.monotonic()
        self._ask_again_at = self._started if top_up else math.inf
        self._add(feeds)

    def run(self) -> Iterator[list[Look]]:
        """Poll until nothing is in flight any more; the looks, as they are stored."""
        try:
            while self._flying:
                if landed := self._landed():
                    yield _record(landed)
                self._top_up()
        except SoftTimeLimitExceeded:
            in_transaction(_release, self._token)
            log.warning("poll_out_of_time", feeds=len(self._flying))
        finally:
            if len(self._batch):
                fetch_loop().run(self._batch.give_up)

    def _add(self, feeds: Sequence[ClaimedFeed]) -> None:
        for feed in feeds:
            self._flying[feed.podcast_id] = feed
            self._since[feed.podcast_id] = time.monotonic()
            self._batch.ask(feed.podcast_id, _request(feed))

    def _landed(self) -> list[Landed]:
        left = BATCH_SECONDS - (time.monotonic() - self._started)
        within = min(left, 1.0)
        taken = fetch_loop().run(
            self._batch.give_up if left <= 0 else lambda client: self._batch.take(client, within)
        )
        for podcast_id, _ in taken:
            del self._since[podcast_id]
        return [(self._flying.pop(podcast_id), answer) for podcast_id, answer in taken]

    def _top_up(self) -> None:
        """Claim more, when half of the places are free that are not held by slow servers."""
        now, settings = time.monotonic(), get_settings()
        slow = sum(now - since > SLOW_SECONDS for since in self._since.values())
        spent = now - self._started
        late = spent > (LONGEST_TOP_UP_SECONDS if slow else TOP_UP_SECONDS)
        quick = len(self._flying) - slow
        if late or now < self._ask_again_at or quick > settings.poll_batch / 2:
            return
        more = in_transaction(_claim_more, self._token, settings.poll_batch - quick)
        self._ask_again_at = now if more else now + 1.0
        self._add(more)


def _claim_more(session: Session, token: UUID, room: int) -> list[ClaimedFeed]:
    if "poll" in halted_queues(session):
        return []
    settings = get_settings()
    now = database_time(session)
    return claim_more_feeds(
        session, token, now, settings.job_lease_seconds, room, settings.poll_per_host
    )


def _record(landed: Sequence[Landed]) -> list[Look]:
    """Store what came: first looks together, other documents each by itself, the rest at once."""
    plain: list[Judgement] = []
    first: list[Judgement] = []
    looks: dict[int, Look] = {}
    for feed, answer in landed:
        judged = _judged(feed, answer)
        if judged.document is None and state_after(feed, judged.look) is None:
            plain.append((feed, judged))
        elif judged.document and feed.state is PodcastState.pending:
            first.append((feed, judged))
        else:
            looks |= _store_timed([(feed, judged)])
    looks |= _store_timed(first)
    looks |= _settle_plain(plain)
    for feed, answer in landed:
        _log(looks[feed.podcast_id])
        _consider_move(feed, looks[feed.podcast_id], answer)
    return list(looks.values())


def _judged(feed: ClaimedFeed, answer: Fetched | FetchFailed) -> Judged:
    started = time.monotonic()
    try:
        judged = judge(feed, answer)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  a row and a log line, whatever it was
        return _crash(feed, error)
    return replace(judged, look=_took(judged.look, started))


def _took(look: Look, started: float, among: int = 1) -> Look:
    spent = round((time.monotonic() - started) * 1000 / among)
    return replace(look, took_ms=look.took_ms + spent)


def _store_timed(judgements: Sequence[Judgement]) -> dict[int, Look]:
    """Store documents in one transaction, or each in its own when one of them spoils it."""
    if not judgements:
        return {}
    started = time.monotonic()
    try:
        looks = in_transaction(_store, judgements)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # noqa: BLE001  a row and a log line, whatever it was
        if len(judgements) > 1:
            return {k: v for one in judgements for k, v in _store_timed([one]).items()}
        (feed, _) = judgements[0]
        return {feed.podcast_id: _crashed(feed, error)}
    return {look.podcast_id: _took(look, started, len(looks)) for look in looks}


def _consider_move(feed: ClaimedFeed, look: Look, answer: Fetched | FetchFailed) -> None:
    """Follow a feed that has moved; what goes wrong with it is seen again at the next look."""
    permanent_url = answer.permanent_url if isinstance(answer, Fetched) else None
    if look.reason == "claim_lost" or not may_have_moved(feed, look, permanent_url):
        return
    try:
        in_transaction(consider_move, feed, look, permanent_url)
    except Exception:
        log.exception("move_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)


def _request(feed: ClaimedFeed) -> FetchRequest:
    if feed.unconditional or random.random() < UNCONDITIONAL_SHARE:  # noqa: S311
        return FetchRequest(feed.url, accept=ACCEPT)
    return FetchRequest(feed.url, feed.etag, feed.last_modified, ACCEPT)


def _store(session: Session, judgements: Sequence[Judgement]) -> list[Look]:
    """Store documents and new states, with the next time of each crawl, all or nothing."""
    now = database_time(session)
    for feed, judged in judgements:
        if state := state_after(feed, judged.look):
            # Removed or paused while the answer was on its way, it stays what an operator made it.
            set_podcast_state(session, feed.podcast_id, state, only_from=(feed.state,))
    documents = [
        Document(feed.podcast_id, judged.document, judged.body)
        for feed, judged in judgements
        if judged.document
    ]
    changes = store_feeds(session, documents, now) if documents else {}
    settled = [
        _with_change(session, feed, judged, changes.get(feed.podcast_id), now)
        for feed, judged in judgements
    ]
    recorded = settle(session, settled, now, keep_looks=get_settings().keep_looks)
    if lost := {one.feed.podcast_id for one in settled} - recorded:
        raise ClaimLost(f"podcasts {sorted(lost)} are polled by another process")
    return [one.look for one in settled]


def _with_change(
    session: Session, feed: ClaimedFeed, judged: Judged, change: FeedChange | None, now: datetime
) -> Settled:
    """A look with what its document changed and taught."""
    look, rhythm = judged.look, FeedRhythm.from_json(feed.rhythm)
    if judged.document and change:
        note_hint(session, feed, judged.document.new_feed_url)
        rhythm = _learned(rhythm, feed, judged.document, change, now)
        outcome = "changed" if change.any else "unchanged"
        look = replace(look, outcome=outcome, new=change.new, changed=change.changed)
    settled = _settled(feed, look, judged.headers, rhythm, now)
    return replace(settled, rhythm=rhythm.to_json())


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


def _settle_plain(plain: Sequence[Judgement]) -> dict[int, Look]:
    """Record the looks that brought no document, usually nearly all of them, by one statement."""
    looks = {feed.podcast_id: judged.look for feed, judged in plain}
    if not plain:
        return looks
    try:
        recorded = in_transaction(_settle_all, plain)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        if len(plain) > 1:  # one that cannot be recorded must not keep the others from it
            return {k: v for one in plain for k, v in _settle_plain([one]).items()}
        log.exception("poll_unrecorded", podcast_id=plain[0][0].podcast_id)
        return looks
    lost = {feed.podcast_id: feed for feed, _ in plain if feed.podcast_id not in recorded}
    return looks | {podcast: _claim_lost(feed) for podcast, feed in lost.items()}


def _settle_all(session: Session, plain: Sequence[Judgement]) -> set[int]:
    now = database_time(session)
    settled = [
        _settled(feed, judged.look, judged.headers, FeedRhythm.from_json(feed.rhythm), now)
        for feed, judged in plain
    ]
    return settle(session, settled, now, keep_looks=get_settings().keep_looks)


def _settled(
    feed: ClaimedFeed, look: Look, headers: AnswerHeaders, rhythm: FeedRhythm, now: datetime
) -> Settled:
    """A look with the next one, which there always is."""
    settings = get_settings()
    pace = Pace(
        timedelta(seconds=settings.poll_floor_seconds),
        timedelta(seconds=settings.poll_ceiling_seconds),
        timedelta(seconds=settings.poll_patience_seconds),
        timedelta(seconds=settings.poll_pushed_seconds),
    )
    following: NextLook = schedule_next(
        look,
        rhythm,
        now,
        headers=headers,
        troubles=Troubles(feed.error_count + 1, feed.failing_since),
        pace=pace,
        jitter=random.random(),  # noqa: S311  spreads the load, hides nothing
        push=Push(feed.told_by_push(now), feed.next_poll_why == "notified"),
    )
    return Settled(feed, look, following)


def _crash(feed: ClaimedFeed, error: Exception) -> Judged:
    log.error("poll_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url, exc_info=error)
    return Judged(look_at(feed, "failed", reason="crashed", message=in_one_line(error)))


def _crashed(feed: ClaimedFeed, error: Exception) -> Look:
    """Record what went wrong with storing one feed, so that it never stops the others."""
    if isinstance(error, ClaimLost):
        return _claim_lost(feed)
    return _settle_plain([(feed, _crash(feed, error))])[feed.podcast_id]


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
