"""Claims on due feeds: disjoint, one task for each host, and released when a poller is lost."""

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


def under(token: UUID | None) -> list[int]:
    assert token is not None
    return [feed.podcast_id for feed in in_transaction(claimed_feeds, token)]


def finish(token: UUID | None, at: datetime | None = LATER) -> None:
    assert token is not None
    for feed in in_transaction(claimed_feeds, token):
        look = Poll(feed.podcast_id, feed.feed_url, "unchanged", status=304)
        in_transaction(record_poll_results, [PollResult(feed, look, NextPoll(at, "rhythm"))], NOW)


def test_what_is_due_is_claimed_once() -> None:
    due = feeds(3)
    feeds(2, due=LATER)
    token = claim()
    assert under(token) == due
    assert claim() is None
    assert claim(LATER) is not None


def test_a_settled_feed_is_due_again_at_its_next_time() -> None:
    due = feeds(2)
    finish(claim())
    assert claim() is None
    assert under(claim(LATER)) == due


def test_a_feed_without_a_next_time_is_never_due() -> None:
    feeds(1)
    finish(claim(), at=None)
    assert claim(NOW + timedelta(days=3650)) is None


def test_a_batch_takes_no_more_than_it_may_and_spreads_over_hosts() -> None:
    feeds(6, host="one.example")
    (other,) = feeds(1, host="two.example", due=NOW - timedelta(seconds=1))
    taken = under(claim(batch=3))
    assert len(taken) == 3
    assert other in taken


def test_of_a_host_no_more_is_claimed_than_may_be_asked_at_once_while_others_wait() -> None:
    huge = feeds(20, host="huge.example", due=NOW - timedelta(hours=1))
    others = [feeds(1, host=f"host-{n}.example")[0] for n in range(8)]
    taken = under(claim(batch=10))
    assert len(set(taken) & set(huge)) == 4
    assert len(set(taken) & set(others)) == 6


def test_a_poller_claims_more_under_its_claim_and_never_what_a_poller_was_lost_with() -> None:
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
    assert under(token) == [first, more]


def test_a_host_is_left_alone_while_somebody_polls_it() -> None:
    feeds(5, host="one.example")
    first = claim(batch=2)
    assert claim(batch=2) is None
    finish(first)
    assert len(under(claim(batch=2))) == 2


def test_all_feeds_of_a_host_have_their_turn() -> None:
    due, polled = feeds(5, host="one.example"), []
    while token := claim(batch=2):
        polled += under(token)
        finish(token)
    assert sorted(polled) == due


def test_after_a_day_of_downtime_each_feed_has_one_turn_and_no_host_a_stampede() -> None:
    hosts = {
        feed: host
        for host in range(6)
        for feed in feeds(20, host=f"host-{host}.example", due=NOW - timedelta(hours=host))
    }
    tomorrow, polled = NOW + timedelta(days=1), []
    while token := claim(tomorrow, batch=24):
        taken = under(token)
        assert len(taken) <= 24
        assert max(Counter(hosts[feed] for feed in taken).values()) <= 4
        polled += taken
        finish(token, at=tomorrow + timedelta(hours=1))
    assert sorted(polled) == sorted(hosts)


def test_many_ticks_at_once_claim_each_feed_once_and_each_host_in_one_task() -> None:
    for host in range(6):
        feeds(5, host=f"host-{host}.example")
    for _ in range(4):
        execute("UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL")
        execute("UPDATE host SET next_due_at = :now", now=NOW)
        with ThreadPoolExecutor(6) as pool:
            for future in [pool.submit(claim, NOW, 3) for _ in range(12)]:
                future.result()
        held = rows("SELECT host_id, claim_token FROM crawl WHERE claim_token IS NOT NULL")
        tasks = Counter(host for host, _ in {(row["host_id"], row["claim"]) for row in held})
        assert held
        assert max(tasks.values()) == 1


def test_a_claim_that_could_not_be_sent_is_due_again_at_once() -> None:
    due = feeds(2)
    token = claim()
    assert token is not None
    in_transaction(release_claim, token, NOW)
    assert under(claim()) == due


def test_a_lost_poller_is_found_out_and_its_feeds_are_due_again() -> None:
    due = feeds(2)
    token = claim()
    assert token is not None
    assert in_transaction(renew_claim, token, NOW, CLAIM_LEASE.total_seconds())  # it has begun
    held = in_transaction(claimed_feeds, token)
    assert in_transaction(release_expired_claims, NOW + CLAIM_LEASE - timedelta(seconds=1)) == []
    after = NOW + CLAIM_LEASE + timedelta(seconds=1)
    assert sorted(in_transaction(release_expired_claims, after)) == due
    assert one("SELECT array_agg(DISTINCT last_error_reason) FROM crawl") == ["poll_worker_lost"]
    assert sorted([*under(claim(after)), *under(claim(after))]) == due
    look = Poll(held[0].podcast_id, "", "unchanged", status=304)
    settled = [PollResult(held[0], look, NextPoll(LATER, "rhythm"))]
    assert in_transaction(record_poll_results, settled, NOW) == set()


def test_a_paused_feed_whose_poller_was_lost_stays_paused() -> None:
    feeds(1)
    claim()
    execute("UPDATE crawl SET next_poll_at = NULL, next_poll_reason = 'paused'")
    in_transaction(release_expired_claims, NOW + CLAIM_LEASE + timedelta(seconds=1))
    (row,) = rows("SELECT claim_token, next_poll_at, next_poll_reason FROM crawl")
    assert row == {"claim": None, "next_poll_at": None, "next_poll_reason": "paused"}


def test_a_feed_asked_for_while_it_was_polled_is_still_due_and_unconditionally() -> None:
    (podcast,) = feeds(1)
    token = claim()
    assert token is not None
    (feed,) = in_transaction(claimed_feeds, token)
    asked_at = NOW + timedelta(seconds=1)
    in_transaction(schedule_poll_now, [podcast], asked_at, skip_validators=True)
    look = Poll(podcast, feed.feed_url, "unchanged", status=304)
    in_transaction(
        record_poll_results, [PollResult(feed, look, NextPoll(LATER, "rhythm"))], asked_at
    )
    again = claim(asked_at)
    assert again is not None
    assert [feed.skip_validators for feed in in_transaction(claimed_feeds, again)] == [True]


def test_a_feed_that_is_asked_for_is_due_although_its_host_was_not() -> None:
    (podcast,) = feeds(1, due=LATER)
    assert claim() is None
    in_transaction(schedule_poll_now, [podcast], NOW, skip_validators=True)
    token = claim()
    assert token is not None
    (feed,) = in_transaction(claimed_feeds, token)
    assert feed.skip_validators


def test_a_claim_that_nobody_began_is_no_failure_of_its_feeds() -> None:
    due = feeds(2)
    claim()
    after = NOW + CLAIM_LEASE + timedelta(seconds=1)
    assert sorted(in_transaction(release_expired_claims, after)) == due
    assert one("SELECT sum(error_count) FROM crawl") == 0
    assert under(claim(after)) == due


def test_a_feed_that_a_poller_was_lost_with_is_claimed_alone_and_after_the_others() -> None:
    lost = feeds(2)
    token = claim()
    assert token is not None
    in_transaction(renew_claim, token, NOW, 1.0)
    assert sorted(in_transaction(mark_claim_lost, token, NOW)) == lost
    well = feeds(3)
    assert under(claim()) == well
    assert [len(under(claim())), len(under(claim()))] == [1, 1]
    assert claim() is None
