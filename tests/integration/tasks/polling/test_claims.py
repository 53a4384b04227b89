"""Claims on due feeds: disjoint, one task for each host, released when a worker is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.database import in_transaction
from tasks.podcasts.store.due_times import schedule_poll_now
from tasks.polling.store.claims import (
    CLAIM_LEASE,
    claim_due_feeds,
    claim_more_feeds,
    claimed_feeds,
    mark_claim_lost,
    release_claim,
    release_expired_claims,
    renew_claim,
)
from tasks.polling.store.results import record_poll_results
from tasks.polling.values import NextPoll, Poll, PollResult
from tests.factories import NOW, add_podcast, execute, one, rows

pytestmark = pytest.mark.usefixtures("database")

LATER = NOW + timedelta(hours=1)


def feeds(number: int, **more: Any) -> list[int]:
    return [in_transaction(add_podcast, **more) for _ in range(number)]


def claim(now: datetime = NOW, batch: int = 100) -> UUID | None:
    return in_transaction(claim_due_feeds, now, batch)


def feeds_under(token: UUID | None) -> list[int]:
    assert token is not None
    return [feed.podcast_id for feed in in_transaction(claimed_feeds, token)]


def record(token: UUID | None, at: datetime | None = LATER) -> None:
    assert token is not None
    for feed in in_transaction(claimed_feeds, token):
        result = Poll(feed.podcast_id, feed.feed_url, "unchanged", status=304)
        in_transaction(record_poll_results, [PollResult(feed, result, NextPoll(at, "rhythm"))], NOW)


def test_due_feed_is_claimed_once() -> None:
    due = feeds(3)
    feeds(2, due=LATER)
    token = claim()
    assert feeds_under(token) == due
    assert claim() is None
    assert claim(LATER) is not None


def test_polled_feed_is_due_again_at_next_poll() -> None:
    due = feeds(2)
    record(claim())
    assert claim() is None
    assert feeds_under(claim(LATER)) == due


def test_feed_without_next_poll_is_never_due() -> None:
    feeds(1)
    record(claim(), at=None)
    assert claim(NOW + timedelta(days=3650)) is None


def test_batch_is_bounded_and_spread_over_hosts() -> None:
    feeds(6, host="one.example")
    (other,) = feeds(1, host="two.example", due=NOW - timedelta(seconds=1))
    claimed = feeds_under(claim(batch=3))
    assert len(claimed) == 3
    assert other in claimed


def test_claims_of_host_are_bounded_while_others_wait() -> None:
    huge = feeds(20, host="huge.example", due=NOW - timedelta(hours=1))
    others = [feeds(1, host=f"host-{n}.example")[0] for n in range(8)]
    claimed = feeds_under(claim(batch=10))
    assert len(set(claimed) & set(huge)) == 4
    assert len(set(claimed) & set(others)) == 6


def test_top_up_never_claims_feeds_that_lost_a_worker() -> None:
    first, lost, more = feeds(1) + feeds(1) + feeds(1)
    execute("UPDATE crawl SET next_poll_at = NULL WHERE podcast_id <> :id", id=first)
    token = claim()
    assert token is not None
    execute("UPDATE crawl SET next_poll_at = :now", now=NOW)
    execute(
        "UPDATE crawl SET last_error_reason = 'poll_worker_lost' WHERE podcast_id = :id", id=lost
    )
    execute("UPDATE host SET next_due_at = :now", now=NOW)
    added = in_transaction(claim_more_feeds, token, NOW, 60.0, 10, 4)
    assert [feed.podcast_id for feed in added] == [more]
    assert feeds_under(token) == [first, more]


def test_host_with_claim_is_not_claimed_again() -> None:
    feeds(5, host="one.example")
    first = claim(batch=2)
    assert claim(batch=2) is None
    record(first)
    assert len(feeds_under(claim(batch=2))) == 2


def test_all_feeds_of_host_are_claimed_in_turn() -> None:
    due, polled = feeds(5, host="one.example"), []
    while token := claim(batch=2):
        polled += feeds_under(token)
        record(token)
    assert sorted(polled) == due


def test_downtime_causes_no_stampede_on_hosts() -> None:
    hosts = {
        feed: host
        for host in range(6)
        for feed in feeds(20, host=f"host-{host}.example", due=NOW - timedelta(hours=host))
    }
    tomorrow, polled = NOW + timedelta(days=1), []
    while token := claim(tomorrow, batch=24):
        claimed = feeds_under(token)
        assert len(claimed) <= 24
        assert max(Counter(hosts[feed] for feed in claimed).values()) <= 4
        polled += claimed
        record(token, at=tomorrow + timedelta(hours=1))
    assert sorted(polled) == sorted(hosts)


def test_parallel_ticks_claim_each_host_in_one_task() -> None:
    for host in range(6):
        feeds(5, host=f"host-{host}.example")
    for _ in range(4):
        execute("UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL")
        execute("UPDATE host SET next_due_at = :now", now=NOW)
        with ThreadPoolExecutor(6) as pool:
            for future in [pool.submit(claim, NOW, 3) for _ in range(12)]:
                future.result()
        claimed = rows("SELECT host_id, claim_token FROM crawl WHERE claim_token IS NOT NULL")
        tasks = Counter(
            host for host, _ in {(row["host_id"], row["claim_token"]) for row in claimed}
        )
        assert claimed
        assert max(tasks.values()) == 1


def test_released_claim_is_due_at_once() -> None:
    due = feeds(2)
    token = claim()
    assert token is not None
    in_transaction(release_claim, token, NOW)
    assert feeds_under(claim()) == due


def test_expired_claim_is_released_and_its_feeds_are_due() -> None:
    due = feeds(2)
    token = claim()
    assert token is not None
    assert in_transaction(
        renew_claim, token, NOW, CLAIM_LEASE.total_seconds()
    )  # the poller has started
    claimed = in_transaction(claimed_feeds, token)
    assert in_transaction(release_expired_claims, NOW + CLAIM_LEASE - timedelta(seconds=1)) == []
    after = NOW + CLAIM_LEASE + timedelta(seconds=1)
    assert sorted(in_transaction(release_expired_claims, after)) == due
    assert one("SELECT array_agg(DISTINCT last_error_reason) FROM crawl") == ["poll_worker_lost"]
    assert sorted([*feeds_under(claim(after)), *feeds_under(claim(after))]) == due
    result = Poll(claimed[0].podcast_id, "", "unchanged", status=304)
    results = [PollResult(claimed[0], result, NextPoll(LATER, "rhythm"))]
    assert in_transaction(record_poll_results, results, NOW) == set()


def test_paused_feed_with_lost_worker_stays_paused() -> None:
    feeds(1)
    claim()
    execute("UPDATE crawl SET next_poll_at = NULL, next_poll_reason = 'paused'")
    in_transaction(release_expired_claims, NOW + CLAIM_LEASE + timedelta(seconds=1))
    (row,) = rows("SELECT claim_token, next_poll_at, next_poll_reason FROM crawl")
    assert row == {"claim_token": None, "next_poll_at": None, "next_poll_reason": "paused"}


def test_feed_requested_during_poll_stays_due() -> None:
    (podcast,) = feeds(1)
    token = claim()
    assert token is not None
    (feed,) = in_transaction(claimed_feeds, token)
    requested_at = NOW + timedelta(seconds=1)
    in_transaction(schedule_poll_now, [podcast], requested_at, skip_validators=True)
    result = Poll(podcast, feed.feed_url, "unchanged", status=304)
    in_transaction(
        record_poll_results, [PollResult(feed, result, NextPoll(LATER, "rhythm"))], requested_at
    )
    again = claim(requested_at)
    assert again is not None
    assert [feed.skip_validators for feed in in_transaction(claimed_feeds, again)] == [True]


def test_requested_feed_makes_its_host_due() -> None:
    (podcast,) = feeds(1, due=LATER)
    assert claim() is None
    in_transaction(schedule_poll_now, [podcast], NOW, skip_validators=True)
    token = claim()
    assert token is not None
    (feed,) = in_transaction(claimed_feeds, token)
    assert feed.skip_validators


def test_unstarted_claim_is_no_failure_of_its_feeds() -> None:
    due = feeds(2)
    claim()
    after = NOW + CLAIM_LEASE + timedelta(seconds=1)
    assert sorted(in_transaction(release_expired_claims, after)) == due
    assert one("SELECT sum(error_count) FROM crawl") == 0
    assert feeds_under(claim(after)) == due


def test_feed_that_lost_a_worker_is_claimed_alone_and_last() -> None:
    lost = feeds(2)
    token = claim()
    assert token is not None
    in_transaction(renew_claim, token, NOW, 1.0)
    assert sorted(in_transaction(mark_claim_lost, token, NOW)) == lost
    well = feeds(3)
    assert feeds_under(claim()) == well
    assert [len(feeds_under(claim())), len(feeds_under(claim()))] == [1, 1]
    assert claim() is None
