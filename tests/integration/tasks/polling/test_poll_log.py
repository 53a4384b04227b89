"""The poll log: streaks of equal polls, bounded, and without a row for each poll."""

from datetime import timedelta
from typing import Any

import pytest

from models.database import in_transaction
from models.queries.feeds import feed, feeds, freshness, history
from tasks.polling.store.claims import claimed_feeds, mark_claim_lost, renew_claim
from tasks.polling.store.poll_log import purge_poll_log
from tasks.polling.store.results import record_poll_results
from tasks.polling.values import NextPoll, Poll, PollResult
from tests.factories import NOW, add_episode, add_podcast, claim_by_hand, execute, one

pytestmark = pytest.mark.usefixtures("database")

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def record_poll(
    podcast_id: int, at: int, outcome: str = "unchanged", *, max_rows: int = 100, **more: Any
) -> None:
    """Record a poll, so many minutes after NOW, like a poller."""
    now = NOW + at * MINUTE
    token = claim_by_hand(podcast_id)
    (claimed,) = in_transaction(claimed_feeds, token)
    poll = Poll(podcast_id, claimed.feed_url, outcome, **more)
    result = PollResult(claimed, poll, NextPoll(now + DAY, "rhythm"))
    assert in_transaction(record_poll_results, [result], now, poll_log_per_feed=max_rows) == {
        podcast_id
    }


def streaks(podcast_id: int, limit: int = 0) -> list[tuple[str, int]]:
    rows_of_log = in_transaction(history, podcast_id, limit=limit)
    return [(streak.reason or streak.outcome, streak.polls) for streak in rows_of_log]


def test_equal_polls_are_one_streak_and_write_no_row() -> None:
    podcast = in_transaction(add_podcast)
    for at in range(5):
        record_poll(podcast, at, status=304 if at % 2 else 200)
    assert one("SELECT count(*) FROM poll_log") == 0
    (streak,) = in_transaction(history, podcast)
    assert (streak.outcome, streak.polls, streak.status) == ("unchanged", 5, 200)
    assert (streak.first_at, streak.last_at) == (NOW, NOW + 4 * MINUTE)


def test_ended_streak_is_logged_with_count_and_times() -> None:
    podcast = in_transaction(add_podcast)
    record_poll(podcast, 0, "changed", status=200, new=3, took_ms=70)
    for at in (1, 2, 3):
        record_poll(
            podcast, at, "failed", reason="http_503", message="the server answered 503", status=503
        )
    record_poll(podcast, 4, "failed", reason="timeout", message="too slow")
    record_poll(podcast, 5)
    assert streaks(podcast) == [("unchanged", 1), ("timeout", 1), ("http_503", 3), ("changed", 1)]
    _, slow, failed, changed = in_transaction(history, podcast)
    assert (slow.status, slow.message) == (None, "too slow")
    assert (failed.first_at, failed.last_at) == (NOW + MINUTE, NOW + 3 * MINUTE)
    assert (failed.status, failed.message) == (503, "the server answered 503")
    assert (changed.new, changed.took_ms, changed.message) == (3, 70, None)


def test_each_changed_poll_is_a_streak_of_its_own() -> None:
    podcast = in_transaction(add_podcast)
    for at in range(3):
        record_poll(podcast, at, "changed", new=at)
    assert [streak.new for streak in in_transaction(history, podcast)] == [2, 1, 0]


def test_poll_log_of_flapping_feed_is_bounded() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    record_poll(other, 0, "changed")
    record_poll(other, 1)
    for at in range(12):
        record_poll(
            podcast, at, *(("failed",) if at % 2 else ()), max_rows=4, reason="x" if at % 2 else ""
        )
    assert one("SELECT count(*) FROM poll_log WHERE podcast_id = :id", id=podcast) == 4
    assert len(streaks(podcast)) == 5  # with the current streak
    assert len(streaks(podcast, limit=2)) == 2
    assert len(streaks(other)) == 2


def test_purge_deletes_old_streaks() -> None:
    podcast = in_transaction(add_podcast)
    record_poll(podcast, 0, "changed")
    record_poll(podcast, 1)
    record_poll(podcast, 2, "changed")
    assert in_transaction(purge_poll_log, NOW + MINUTE) == 1
    assert streaks(podcast) == [("changed", 1), ("unchanged", 1)]


def test_lost_poll_is_logged_and_streak_goes_on() -> None:
    podcast = in_transaction(add_podcast)
    record_poll(podcast, 0)
    token = claim_by_hand(podcast)
    assert in_transaction(renew_claim, token, NOW + MINUTE, 60)
    assert in_transaction(mark_claim_lost, token, NOW + 2 * MINUTE) == [podcast]
    record_poll(podcast, 3)
    assert streaks(podcast) == [("unchanged", 2), ("poll_worker_lost", 1)]


def test_lost_claim_writes_no_poll_log() -> None:
    podcast = in_transaction(add_podcast)
    record_poll(podcast, 0)
    token = claim_by_hand(podcast)
    (claimed,) = in_transaction(claimed_feeds, token)
    execute("UPDATE crawl SET claim_token = gen_random_uuid()")
    late = PollResult(claimed, Poll(podcast, "", "changed"), NextPoll(NOW, "rhythm"))
    assert in_transaction(record_poll_results, [late], NOW) == set()
    assert streaks(podcast) == [("unchanged", 1)]


def test_failing_feed_shows_error_and_next_poll() -> None:
    good, bad = in_transaction(add_podcast), in_transaction(add_podcast, host="slow.example")
    record_poll(good, 0, status=304)
    record_poll(bad, 0, status=200)
    for at in (1, 2):
        record_poll(
            bad, at, "failed", reason="http_503", message="the server answered 503", status=503
        )
    failing = in_transaction(feeds, NOW, failing=True)
    assert [row.id for row in failing] == [bad]
    (row,) = failing
    assert (row.errors, row.failing_since, row.last_status) == (2, NOW + MINUTE, 503)
    assert (row.reason, row.last_ok_at) == ("http_503", NOW)
    assert (row.next_poll_at, row.next_poll_reason) == (NOW + 2 * MINUTE + DAY, "rhythm")
    assert [each.id for each in in_transaction(feeds, NOW)] == [good, bad]
    assert len(in_transaction(feeds, NOW, limit=1)) == 1


def test_feed_waits_for_its_rate_limited_host() -> None:
    podcast = in_transaction(add_podcast, host="busy.example")
    execute("UPDATE host SET next_allowed_at = :at", at=NOW + 2 * DAY)
    row = in_transaction(feed, NOW, podcast)
    assert (row.next_poll_at, row.next_poll_reason) == (NOW + 2 * DAY, "host_rate_limited")


def published(podcast: int, hours: int, seen: int, counted: int | None, **job: Any) -> None:
    """An episode published so many hours after NOW, seen and counted so many minutes later."""
    episode = in_transaction(add_episode, podcast)
    at = NOW + hours * timedelta(hours=1)
    execute(
        "UPDATE episode SET published_at = :at, first_seen_at = :seen WHERE id = :id",
        at=at,
        seen=at + seen * MINUTE,
        id=episode,
    )
    if counted is not None:
        execute(
            "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, "
            "worker_losses, republished, run_after, created_at, outcome, finished_at, request_id) "
            "VALUES ('parse', :id, 'fetch', false, 5, 'done', 1, 0, 0, :at, :at, 'ran', :done, "
            ":request)",
            id=episode,
            at=at,
            done=at + counted * MINUTE,
            request=job.get("request"),
        )


def test_freshness_measures_time_to_seen_and_counted() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    for hours, seen, counted in ((1, 2, 4), (2, 4, 8), (3, 6, None)):
        published(podcast, hours, seen, counted)
    published(other, 4, 60, 90)
    published(other, 5, 60, 9000, request="by hand")  # re-ingests do not count
    published(other, -5, 1, 1)  # published before the podcast was added
    published(other, 6, -1, 1)  # dated after it was seen
    now = NOW + DAY
    row = in_transaction(feed, now, podcast)
    assert (row.fresh_episodes, row.seen_p50_seconds, row.seen_p95_seconds) == (
        3,
        240,
        348,
    )
    assert row.counted_p50_seconds == 360
    overall = in_transaction(freshness, now)
    assert (overall.fresh_episodes, overall.seen_p50_seconds) == (5, 360)
    assert overall.counted_p95_seconds == pytest.approx(60 * (8 + 0.9 * 82))
    assert in_transaction(freshness, now + 60 * DAY).fresh_episodes == 0
