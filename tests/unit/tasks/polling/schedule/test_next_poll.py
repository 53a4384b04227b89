"""When a feed is looked at again: on every path there is an answer, and it is a polite one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.feeds.values import ScheduleTags
from tasks.http.values import ResponseHeaders
from tasks.polling.schedule.next_poll import NO_PUSH, schedule_next_poll
from tasks.polling.schedule.publish_pattern import PublishPattern
from tasks.polling.values import FailureState, NextPoll, Poll, PollIntervals, PushState

NOW = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PACE = PollIntervals()
SPREAD = 5 * MINUTE


def published(*ago: timedelta) -> tuple[int, ...]:
    return tuple(int((NOW - each).timestamp() // 60) for each in sorted(ago, reverse=True))


WEEKLY = published(*((1 + 7 * n) * DAY for n in range(20)))


def after(
    outcome: str = "unchanged",
    *,
    times: tuple[int, ...] = WEEKLY,
    says: ScheduleTags | None = None,
    headers: ResponseHeaders | None = None,
    errors: int = 1,
    since: datetime | None = None,
    intervals: PollIntervals = PACE,
    jitter: float = 0.5,
    push: PushState = NO_PUSH,
    **look: Any,
) -> NextPoll:
    return schedule_next_poll(
        Poll(1, "https://podcast.example/", outcome, **look),
        PublishPattern(times, says or ScheduleTags()),
        NOW,
        headers=headers or ResponseHeaders(),
        failures=FailureState(0 if outcome == "unchanged" else errors, since),
        intervals=intervals,
        jitter=jitter,
        push=push,
    )


def wait(following: NextPoll) -> timedelta:
    assert following.at is not None
    return following.at - NOW


def test_a_feed_that_works_is_looked_at_in_its_rhythm() -> None:
    following = after(times=published(*(n * DAY + 20 * HOUR for n in range(30))))
    assert following.why == "rhythm"
    assert HOUR < wait(following) < 4 * HOUR + 30 * MINUTE


def test_a_feed_of_which_nothing_is_expected_is_looked_at_at_the_ceiling() -> None:
    following = after()
    assert following.why == "ceiling"
    assert PACE.ceiling <= wait(following) <= PACE.ceiling + SPREAD


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
def test_a_look_that_found_nothing_new_is_as_good_as_one_that_did(outcome: str) -> None:
    assert after(outcome) == after()


def test_what_is_no_feed_is_not_looked_at_again_until_somebody_asks() -> None:
    assert after("refused") == NextPoll(None, "refused")


def test_a_feed_that_publishes_all_the_time_is_looked_at_no_more_often_than_the_floor() -> None:
    following = after(
        times=published(*(n * 31 * MINUTE for n in range(32))), intervals=PollIntervals(HOUR)
    )
    assert following.why == "floor"
    assert HOUR <= wait(following) <= HOUR + SPREAD


def test_a_ttl_keeps_us_away_and_is_named() -> None:
    following = after(says=ScheduleTags(ttl_minutes=20 * 60))
    assert following.why == "fresh"
    assert 20 * HOUR <= wait(following) <= 20 * HOUR + SPREAD


def test_skipped_hours_are_stayed_out_of_and_named() -> None:
    plain = after().at
    assert plain is not None
    following = after(says=ScheduleTags(skip_hours=frozenset({plain.hour})))
    assert following.why == "skipped_hours"
    assert following.at is not None
    assert following.at.hour == (plain.hour + 1) % 24


def test_a_feed_that_pushes_is_looked_at_less() -> None:
    following = after(push=PushState(healthy=True))
    assert following.why == "pushed"
    assert 12 * HOUR <= wait(following) <= 12 * HOUR + SPREAD


def test_a_feed_that_only_claims_to_use_podping_is_polled_like_any_other() -> None:
    assert after(says=ScheduleTags(podping=True)) == after()


def test_a_show_that_says_it_is_complete_is_looked_at_monthly() -> None:
    assert after(says=ScheduleTags(complete=True)) == NextPoll(NOW + 30 * DAY, "complete")


@pytest.mark.parametrize(("silent", "expected"), [(370 * DAY, 7 * DAY), (3 * 366 * DAY, 30 * DAY)])
def test_a_show_silent_for_years_is_looked_at_weekly_and_then_monthly(
    silent: timedelta, expected: timedelta
) -> None:
    assert after(times=published(silent)) == NextPoll(NOW + expected, "dormant")


def test_a_show_silent_for_less_than_a_year_is_looked_at_within_the_ceiling() -> None:
    assert wait(after(times=published(300 * DAY))) <= PACE.ceiling + SPREAD


def test_troubles_of_the_network_wait_minutes_and_then_twice_as_long_each_time() -> None:
    waits = [wait(after("failed", reason="timeout", errors=errors)) for errors in (1, 2, 3)]
    assert waits == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]


@pytest.mark.parametrize(
    "look", [{"status": 404}, {"status": 200, "reason": "truncated"}, {"reason": "crashed"}]
)
def test_troubles_that_will_last_wait_an_hour_first(look: dict[str, Any]) -> None:
    assert [wait(after("failed", errors=errors, **look)) for errors in (1, 2)] == [HOUR, 2 * HOUR]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("said", ["7200", "Tue, 10 Mar 2026 14:20:00 GMT"])
def test_retry_after_is_honoured(status: int, said: str) -> None:
    following = after("failed", status=status, headers=ResponseHeaders(retry_after=said))
    assert following.why == "retry_after"
    assert 2 * HOUR <= wait(following) <= 2 * HOUR + 15 * MINUTE


def test_a_retry_after_that_is_shorter_than_the_backoff_does_not_shorten_it() -> None:
    following = after("failed", status=429, errors=4, headers=ResponseHeaders(retry_after="1"))
    assert wait(following) == 80 * MINUTE


@pytest.mark.parametrize(
    ("status", "said", "host"),
    [
        (429, "7200", 2 * HOUR),
        (429, "999999", DAY),
        (429, None, 10 * MINUTE),
        (503, "999999", HOUR),
        (503, None, None),
        (404, "7200", None),
    ],
)
def test_a_host_that_asks_for_rest_gets_it_for_all_of_its_feeds(
    status: int, said: str | None, host: timedelta | None
) -> None:
    following = after("failed", status=status, headers=ResponseHeaders(retry_after=said))
    assert following.host_not_before == (NOW + host if host else None)


def test_a_feed_that_is_gone_is_asked_again_after_a_month() -> None:
    assert after("failed", status=410) == NextPoll(NOW + 30 * DAY, "gone")


def test_a_feed_that_failed_for_a_year_is_asked_monthly() -> None:
    assert after("failed", reason="dns_failed", errors=200, since=NOW - 366 * DAY).why == "dead"


def test_a_dormant_feed_that_fails_is_not_asked_more_often_than_before() -> None:
    failed = after("failed", reason="timeout", times=published(1200 * DAY))
    assert failed == NextPoll(NOW + 30 * DAY, "dormant")


PROBABILITY = st.floats(0, 1)
SAID = st.builds(
    ScheduleTags,
    ttl_minutes=st.none() | st.integers(1, 10**15),
    skip_hours=st.frozensets(st.integers(0, 23)),
    skip_days=st.frozensets(st.integers(0, 6)),
    update_period_seconds=st.none() | st.integers(1, 10**12),
    update_frequency=st.none() | st.text("FREQ=WKLYMONTHDAI;,BV0123456789", max_size=40),
)
HEADERS = st.builds(
    ResponseHeaders,
    retry_after=st.none() | st.text(max_size=20) | st.integers(0, 10**30).map(str),
    cache_control=st.none() | st.integers(-9, 10**12).map("max-age={}".format),
    expires=st.none() | st.text(max_size=30),
    date=st.none() | st.just("Tue, 10 Mar 2026 09:00:00 GMT"),
)
TIMES = st.lists(st.integers(0, 500 * 1440), max_size=32, unique=True).map(
    lambda ago: published(*(each * MINUTE for each in ago))
)


@given(TIMES, PROBABILITY, st.integers(0, 719))
def test_a_feed_that_works_and_says_nothing_keeps_to_floor_and_ceiling(
    times: tuple[int, ...], jitter: float, silent: int
) -> None:
    times = (*(time - 720 for time in times), *published(silent * MINUTE))
    following = after(times=times, jitter=jitter)
    assert PACE.floor <= wait(following) <= PACE.ceiling + SPREAD
    assert following == after(times=times, jitter=jitter)


OUTCOME = st.sampled_from(["unchanged", "changed", "failed"])
STATUS = st.sampled_from([None, 200, 304, 404, 410, 429, 503])


@given(
    times=TIMES,
    says=SAID,
    headers=HEADERS,
    jitter=PROBABILITY,
    status=STATUS,
    outcome=OUTCOME,
    errors=st.integers(1, 10**9),
)
def test_whatever_is_said_there_is_a_next_look_soon_enough(
    *,
    times: tuple[int, ...],
    says: ScheduleTags,
    headers: ResponseHeaders,
    jitter: float,
    status: int | None,
    outcome: str,
    errors: int,
) -> None:
    following = after(
        outcome,
        times=times,
        says=says,
        headers=headers,
        jitter=jitter,
        status=status,
        errors=errors,
    )
    assert 7 * MINUTE <= wait(following) <= 33 * DAY
    assert following.host_not_before is None or NOW < following.host_not_before <= NOW + DAY
