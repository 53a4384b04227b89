"""Every pair of transitions of a podcast at once: afterwards it is polled again, or never."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from sqlmodel import Session

from models import PodcastState
from models.database import database_time, in_transaction, transaction
from models.queries.stuck import StuckRows, stuck
from models.queries.visibility import POLLED_STATES
from tasks.http.values import Fetched, FetchFailed
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.due_times import poll_now
from tasks.podcasts.store.merge import MergeRefused, merge_podcasts, unmerge_podcast
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.remove import remove
from tasks.polling.documents import record_results, store_documents
from tasks.polling.response import classify_response
from tasks.polling.scheduling import schedule
from tasks.polling.store.claims import claimed_feeds, release_expired_claims
from tasks.polling.values import ClaimedFeed, ClaimLost
from tests.conftest import empty_database
from tests.factories import NOW, add_podcast, claim_by_hand, execute, one, rows

pytestmark = pytest.mark.usefixtures("database")

DOCUMENT = b"<rss version='2.0'><channel><title>A</title></channel></rss>"


@dataclass(frozen=True)
class Situation:
    """A podcast, as its poller claimed it, and another that it may be merged into."""

    podcast_id: int
    other_id: int
    url: str
    feed: ClaimedFeed


REFUSED = (ClaimLost, MergeRefused)

Transition = Callable[[Session, Situation], object]


def polled(response: Fetched | FetchFailed, state: PodcastState | None = None) -> Transition:
    """Record a poll as a poller does that claimed the feed, perhaps in an earlier state."""

    def record(session: Session, at: Situation) -> object:
        feed = replace(at.feed, state=state or at.feed.state)
        classified = classify_response(feed, response)
        if classified.document or classified.event:
            return store_documents(session, [classified])
        now = database_time(session)
        return record_results(session, [schedule(classified, now)], now)

    return record


def _merge(session: Session, at: Situation) -> object:
    return merge_podcasts(session, duplicate_id=at.podcast_id, survivor_id=at.other_id)


def answered(status: int, body: bytes | None = None) -> Fetched:
    return Fetched(status, "https://one.example/feed", body=body)


TRANSITIONS: dict[str, Transition] = {
    "document": polled(answered(200, DOCUMENT)),
    "document_of_a_new_feed": polled(answered(200, DOCUMENT), PodcastState.pending),
    "no_feed": polled(answered(404), PodcastState.pending),
    "gone": polled(answered(410)),
    "failed": polled(FetchFailed("timeout", "it took too long")),
    "pause": lambda session, at: pause(session, at.podcast_id),
    "resume": lambda session, at: resume(session, at.podcast_id),
    "remove": lambda session, at: remove(session, at.podcast_id),
    "add": lambda session, at: add_by_url(session, at.url),
    "poll_now": lambda session, at: poll_now(session, [at.podcast_id]),
    "merge": _merge,
    "unmerge": lambda session, at: unmerge_podcast(session, at.podcast_id),
    "sweep": lambda session, _: release_expired_claims(session, NOW + timedelta(days=9999)),
}


def situation(state: PodcastState) -> Situation:
    due = NOW if state.value in POLLED_STATES else None
    url = f"https://{uuid4()}.example/feed"
    podcast = in_transaction(add_podcast, url=url, state=state, due=due)
    if due is None:
        execute(
            "UPDATE crawl SET next_poll_reason = :state WHERE podcast_id = :id",
            state=state.value,
            id=podcast,
        )
    other = in_transaction(add_podcast)
    (feed,) = in_transaction(claimed_feeds, claim_by_hand(podcast))
    return Situation(podcast, other, url, feed)


def at_once(first: Transition, second: Transition, at: Situation) -> None:
    """Commit the first only when the second waits for it, or has passed it."""
    running: Future[None] | None = None
    with ThreadPoolExecutor(1) as pool:
        with suppress(*REFUSED), transaction() as session:
            first(session, at)
            running = pool.submit(tried, second, at)
            _until_waiting_or_ended(running)
        if running is None:
            running = pool.submit(tried, second, at)
        running.result()


def tried(transition: Transition, at: Situation) -> None:
    """Make a transition, as far as the state allows it."""
    with suppress(*REFUSED):
        in_transaction(transition, at)


def _until_waiting_or_ended(running: "Future[None]") -> None:
    waiting = """
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    while not running.done() and not one(waiting):
        wait([running], timeout=0.002)


def wrong_rows() -> list[str]:
    """What can never move; and podcasts that are not followed and would be polled all the same."""
    later = NOW + timedelta(days=9999)
    in_transaction(release_expired_claims, later)
    found = [each.kind for each in in_transaction(stuck_now) if each.kind != "episode_without_job"]
    polled = rows(
        "SELECT p.state FROM podcast p JOIN crawl c ON c.podcast_id = p.id "
        "WHERE c.next_poll_at IS NOT NULL AND NOT p.state = ANY(:polled) "
        # Requested while it was refused: it is polled once more, and then never.
        "AND NOT (p.state = 'refused' AND c.next_poll_reason = 'requested')",
        polled=list(POLLED_STATES),
    )
    return [*found, *(f"{row['state']} is polled" for row in polled)]


def stuck_now(session: Session) -> list[StuckRows]:
    # Times lie far apart here: only rows without any time are of interest.
    return [each for each in stuck(session, NOW, ["parse"]) if "future" not in each.kind]


@pytest.mark.parametrize(
    "state",
    [
        PodcastState.pending,
        PodcastState.refused,
        PodcastState.active,
        PodcastState.paused,
        PodcastState.gone,
    ],
)
def test_two_transitions_at_once_leave_a_podcast_polled_or_not(state: PodcastState) -> None:
    wrong = {}
    for first, second in product(TRANSITIONS, repeat=2):
        at_once(TRANSITIONS[first], TRANSITIONS[second], situation(state))
        if found := wrong_rows():
            wrong[first, second] = found
            empty_database()
    assert wrong == {}
