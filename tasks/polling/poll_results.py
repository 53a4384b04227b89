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
from models.database import database_time, in_one_line, in_transaction
from tasks.feeds.store import Document, FeedChange, set_podcast_state, store_feeds
from tasks.feeds.values import Feed
from tasks.http.values import AnswerHeaders, Fetched, FetchFailed
from tasks.podcasts.store.relocation import consider_move, may_have_moved, note_hint
from tasks.polling.archive.page import record_page
from tasks.polling.archive.walk import begins
from tasks.polling.response import Judged, judge, look_at, state_after
from tasks.polling.schedule.next_poll import schedule_next
from tasks.polling.schedule.publish_pattern import FeedRhythm, learn
from tasks.polling.store.archive import begin_pages, note_feed_due
from tasks.polling.store.claims import BACK_CATALOGUE, settle
from tasks.polling.values import (
    ClaimedFeed,
    ClaimLost,
    Look,
    NextLook,
    Pace,
    Push,
    Settled,
    Troubles,
)
from tasks.websub.discovery import offered
from tasks.websub.store import hub_missed, note_offer

log = structlog.get_logger()

Landed = tuple[ClaimedFeed, Fetched | FetchFailed]
Judgement = tuple[ClaimedFeed, Judged]


def record(landed: Sequence[Landed]) -> list[Look]:
    """Store what came: first looks together, other documents each by itself, the rest at once."""
    plain: list[Judgement] = []
    first: list[Judgement] = []
    looks: dict[int, Look] = {}
    for feed, answer in landed:
        if feed.pages:
            looks[feed.podcast_id] = record_page(feed, answer)
            continue
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
        if feed.pages:
            continue
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
    if look.reason == "claim_lost" or not may_have_moved(
        feed, look.status, permanent_url, ok=look.ok
    ):
        return
    try:
        in_transaction(consider_move, feed, look.status, permanent_url)
    except Exception:
        log.exception("move_crashed", podcast_id=feed.podcast_id, feed=feed.feed_url)


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
    settled = _pages_first(session, settled, now)
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
        offer = offered(feed.url, judged.document, judged.headers)
        note_offer(session, feed.podcast_id, offer, (feed.hub_url, feed.topic_url))
        if change.new and feed.told_by_push(now):
            hub_missed(session, [feed.podcast_id])
        rhythm = _learned(rhythm, feed, judged.document, change, now)
        outcome = "changed" if change.any else "unchanged"
        look = replace(look, outcome=outcome, new=change.new, changed=change.changed)
        feed = _with_pages(session, feed, judged.document, now)
    settled = _settled(feed, look, judged.headers, rhythm, now)
    return replace(settled, rhythm=rhythm.to_json())


def _with_pages(session: Session, feed: ClaimedFeed, document: Feed, now: datetime) -> ClaimedFeed:
    """Begin to read the back catalogue, when the document leads to one that was not read yet."""
    pages = begins(feed.url, document) if get_settings().feed_max_pages else None
    again = feed.unconditional and feed.last_ok_at is not None
    if pages and begin_pages(session, feed.podcast_id, pages, now, again=again):
        return replace(feed, has_pages=True)
    return feed


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
    settled = _pages_first(session, settled, now)
    return settle(session, settled, now, keep_looks=get_settings().keep_looks)


def _pages_first(session: Session, settled: Sequence[Settled], now: datetime) -> list[Settled]:
    """Where a back catalogue is being read, the next look is for its next page, if there is time.

    Only while the feed itself is well: it goes before what is old.
    """
    at = now + timedelta(seconds=get_settings().page_wait_seconds)
    page = {
        one.feed.podcast_id: one.next_look
        for one in settled
        if one.feed.has_pages and one.look.ok and one.next_look.at and one.next_look.at > at
    }
    note_feed_due(session, [(k, look.at, look.why) for k, look in page.items() if look.at])
    return [
        replace(one, next_look=replace(one.next_look, at=at, why=BACK_CATALOGUE))
        if one.feed.podcast_id in page
        else one
        for one in settled
    ]


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
