"""The poller: fetches claimed feeds together and stores each as soon as its response arrives."""

import math
import random
import time
from collections.abc import Iterator, Sequence
from uuid import UUID

import structlog

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.http.batch import FetchBatch
from tasks.http.settings import feed_limits, fetch_loop
from tasks.http.values import BatchLimits, FetchRequest
from tasks.jobs.lease import renewing_lease
from tasks.jobs.queue_state import paused_queues
from tasks.jobs.time_limits import SoftTimeLimitExceeded
from tasks.polling.archive.walk import with_credentials
from tasks.polling.poll_results import FetchedFeed, record_responses
from tasks.polling.store.claims import claim_more_feeds, claimed_feeds, release_claim, renew_claim
from tasks.polling.values import ClaimedFeed, Poll

log = structlog.get_logger()

ACCEPT = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
)

# A batch ends well before the task's soft time limit; feeds not fetched by then time out.
BATCH_SECONDS = 90

# Limits on requests at once, and on bodies that are fetched and not stored yet.
MAX_REQUESTS = 100
MAX_BUFFERED_BYTES = 64_000_000

# While feeds are due, a poller adds them to its batch as requests end, for the first time; for the
# second time if slow servers make it wait anyway. Then other messages have their turn.
TOP_UP_SECONDS, MAX_TOP_UP_SECONDS = 20.0, 60.0
SLOW_SECONDS = 5.0

# This share of polls sends no validators, because some servers never change their ETag.
UNCONDITIONAL_SHARE = 0.01


def poll_claimed_feeds(token: UUID) -> list[Poll]:
    """Poll the claimed feeds and no others."""
    polls = (poll for polls in polls_of_claim(token, top_up=False) for poll in polls)
    return sorted(polls, key=lambda poll: poll.podcast_id)


def polls_of_claim(token: UUID, *, top_up: bool) -> Iterator[list[Poll]]:
    """Fetch the claimed feeds together; yield polls as they are stored.

    With ``top_up``, due feeds are added to the claim while it is worked on.
    """
    lease_seconds = get_settings().job_lease_seconds
    feeds = in_transaction(_start, token, lease_seconds)
    if not feeds:
        log.debug("poll_message_ignored", claim_token=str(token))
        return
    with renewing_lease(lambda session: _renew(session, token, lease_seconds), lease_seconds):
        yield from _Poller(token, feeds, top_up=top_up).run()


def release(token: UUID) -> None:
    """Release what is left of a claim; its feeds are due again now."""
    in_transaction(_release, token)


def _start(session: Session, token: UUID, lease_seconds: float) -> list[ClaimedFeed]:
    """The claimed feeds; from now on their claim lasts only as long as a poller renews it."""
    _renew(session, token, lease_seconds)
    return claimed_feeds(session, token)


def _renew(session: Session, token: UUID, lease_seconds: float) -> bool:
    return renew_claim(session, token, database_time(session), lease_seconds)


def _release(session: Session, token: UUID) -> None:
    release_claim(session, token, database_time(session))


class _Poller:
    """The feeds in flight of one poller: all under one claim, topped up as others end."""

    def __init__(self, token: UUID, feeds: Sequence[ClaimedFeed], *, top_up: bool) -> None:
        settings = get_settings()
        limits = BatchLimits(MAX_REQUESTS, settings.poll_per_host, MAX_BUFFERED_BYTES)
        self._token = token
        self._batch = FetchBatch(feed_limits(settings), limits)
        self._in_flight: dict[int, ClaimedFeed] = {}
        self._in_flight_since: dict[int, float] = {}
        self._started = time.monotonic()
        self._next_claim_at = self._started if top_up else math.inf
        self._add(feeds)

    def run(self) -> Iterator[list[Poll]]:
        """Fetch and store until nothing is in flight; yield the stored polls."""
        try:
            while self._in_flight:
                if fetched := self._fetched():
                    yield record_responses(fetched)
                self._top_up()
        except SoftTimeLimitExceeded:
            release(self._token)
            log.warning("poll_out_of_time", feeds=len(self._in_flight))
        finally:
            if len(self._batch):
                fetch_loop().run(self._batch.give_up)

    def _add(self, feeds: Sequence[ClaimedFeed]) -> None:
        for feed in feeds:
            self._in_flight[feed.podcast_id] = feed
            self._in_flight_since[feed.podcast_id] = time.monotonic()
            self._batch.add(feed.podcast_id, _request(feed))

    def _fetched(self) -> list[FetchedFeed]:
        remaining = BATCH_SECONDS - (time.monotonic() - self._started)
        within = min(remaining, 1.0)
        responses = fetch_loop().run(
            self._batch.give_up
            if remaining <= 0
            else lambda client: self._batch.take(client, within)
        )
        for podcast_id, _ in responses:
            del self._in_flight_since[podcast_id]
        return [(self._in_flight.pop(podcast_id), response) for podcast_id, response in responses]

    def _top_up(self) -> None:
        """Claim more when half of the batch is free; feeds of slow servers do not count."""
        now, settings = time.monotonic(), get_settings()
        slow = sum(now - since > SLOW_SECONDS for since in self._in_flight_since.values())
        elapsed = now - self._started
        late = elapsed > (MAX_TOP_UP_SECONDS if slow else TOP_UP_SECONDS)
        quick = len(self._in_flight) - slow
        if late or now < self._next_claim_at or quick > settings.poll_batch / 2:
            return
        more = in_transaction(_claim_more, self._token, settings.poll_batch - quick)
        self._next_claim_at = now if more else now + 1.0
        self._add(more)


def _claim_more(session: Session, token: UUID, batch: int) -> list[ClaimedFeed]:
    if "poll" in paused_queues(session):
        return []
    settings = get_settings()
    now = database_time(session)
    return claim_more_feeds(
        session, token, now, settings.job_lease_seconds, batch, settings.poll_per_host
    )


def _request(feed: ClaimedFeed) -> FetchRequest:
    if feed.archive_page:
        return FetchRequest(with_credentials(feed.archive_page.next_url, feed.url), accept=ACCEPT)
    if feed.skip_validators or random.random() < UNCONDITIONAL_SHARE:  # noqa: S311
        return FetchRequest(feed.url, accept=ACCEPT)
    return FetchRequest(feed.url, feed.etag, feed.last_modified, ACCEPT, feed.validators_origin)
