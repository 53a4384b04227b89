"""The next poll of a feed: there is one on every path, and never too soon."""

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
INTERVALS = PollIntervals()
SPREAD = 5 * MINUTE


def published(*ago: timedelta) -> tuple[int, ...]:
    return tuple(int((NOW - each).timestamp() // 60) for each in sorted(ago, reverse=True))


WEEKLY = published(*((1 + 7 * n) * DAY for n in range(20)))


def schedule(
    outcome: str = "unchanged",
    *,
    times: tuple[int, ...] = WEEKLY,
    tags: ScheduleTags | None = None,
    headers: ResponseHeaders | None = None,
    errors: int = 1,
    since: datetime | None = None,
    intervals: PollIntervals = INTERVALS,
    jitter: float = 0.5,
    push: PushState = NO_PUSH,
    **poll_fields: Any,
) -> NextPoll:
    return schedule_next_poll(
        Poll(1, "https://podcast.example/", outcome, **poll_fields),
        PublishPattern(times, tags or ScheduleTags()),
        NOW,
        headers=headers or ResponseHeaders(),
        failures=FailureState(0 if outcome == "unchanged" else errors, since),
        intervals=intervals,
        jitter=jitter,
        push=push,
    )


def wait(next_poll: NextPoll) -> timedelta:
    assert next_poll.at is not None
    return next_poll.at - NOW


def test_working_feed_is_polled_by_prediction() -> None:
    next_poll = schedule(times=published(*(n * DAY + 20 * HOUR for n in range(30))))
    assert next_poll.reason == "rhythm"
    assert HOUR < wait(next_poll) < 4 * HOUR + 30 * MINUTE


def test_improbable_episode_waits_for_maximum_interval() -> None:
    next_poll = schedule()
    assert next_poll.reason == "ceiling"
    assert INTERVALS.maximum <= wait(next_poll) <= INTERVALS.maximum + SPREAD


@pytest.mark.parametrize("outcome", ["changed", "unchanged"])
def test_unchanged_feed_is_scheduled_like_changed(outcome: str) -> None:
    assert schedule(outcome) == schedule()


def test_refused_feed_has_no_next_poll() -> None:
    assert schedule("refused") == NextPoll(None, "refused")


def test_busy_feed_waits_for_minimum_interval() -> None:
    next_poll = schedule(
        times=published(*(n * 31 * MINUTE for n in range(32))), intervals=PollIntervals(HOUR)
    )
    assert next_poll.reason == "floor"
    assert HOUR <= wait(next_poll) <= HOUR + SPREAD


def test_ttl_delays_poll_with_reason_fresh() -> None:
    next_poll = schedule(tags=ScheduleTags(ttl_minutes=20 * 60))
    assert next_poll.reason == "fresh"
    assert 20 * HOUR <= wait(next_poll) <= 20 * HOUR + SPREAD


def test_skipped_hour_delays_poll_with_reason() -> None:
    plain = schedule().at
    assert plain is not None
    next_poll = schedule(tags=ScheduleTags(skip_hours=frozenset({plain.hour})))
    assert next_poll.reason == "skipped_hours"
    assert next_poll.at is not None
    assert next_poll.at.hour == (plain.hour + 1) % 24


def test_active_push_lengthens_interval() -> None:
    next_poll = schedule(push=PushState(active=True))
    assert next_poll.reason == "pushed"
    assert 12 * HOUR <= wait(next_poll) <= 12 * HOUR + SPREAD


def test_podping_tag_alone_changes_no_interval() -> None:
    assert schedule(tags=ScheduleTags(podping=True)) == schedule()


def test_complete_show_is_polled_monthly() -> None:
    assert schedule(tags=ScheduleTags(complete=True)) == NextPoll(NOW + 30 * DAY, "complete")


@pytest.mark.parametrize(("silent", "expected"), [(370 * DAY, 7 * DAY), (3 * 366 * DAY, 30 * DAY)])
def test_dormant_show_is_polled_weekly_then_monthly(silent: timedelta, expected: timedelta) -> None:
    assert schedule(times=published(silent)) == NextPoll(NOW + expected, "dormant")


def test_silence_below_a_year_keeps_maximum_interval() -> None:
    assert wait(schedule(times=published(300 * DAY))) <= INTERVALS.maximum + SPREAD


def test_transient_failures_back_off_from_ten_minutes() -> None:
    waits = [wait(schedule("failed", reason="timeout", errors=errors)) for errors in (1, 2, 3)]
    assert waits == [10 * MINUTE, 20 * MINUTE, 40 * MINUTE]


@pytest.mark.parametrize(
    "poll_fields", [{"status": 404}, {"status": 200, "reason": "truncated"}, {"reason": "crashed"}]
)
def test_lasting_failures_back_off_from_one_hour(poll_fields: dict[str, Any]) -> None:
    assert [wait(schedule("failed", errors=errors, **poll_fields)) for errors in (1, 2)] == [
        HOUR,
        2 * HOUR,
    ]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("retry_after_header", ["7200", "Tue, 10 Mar 2026 14:20:00 GMT"])
def test_retry_after_delays_next_poll(status: int, retry_after_header: str) -> None:
    next_poll = schedule(
        "failed", status=status, headers=ResponseHeaders(retry_after=retry_after_header)
    )
    assert next_poll.reason == "retry_after"
    assert 2 * HOUR <= wait(next_poll) <= 2 * HOUR + 15 * MINUTE


def test_retry_after_never_shortens_backoff() -> None:
    next_poll = schedule("failed", status=429, errors=4, headers=ResponseHeaders(retry_after="1"))
    assert wait(next_poll) == 80 * MINUTE


@pytest.mark.parametrize(
    ("status", "retry_after_header", "host"),
    [
        (429, "7200", 2 * HOUR),
        (429, "999999", DAY),
        (429, None, 10 * MINUTE),
        (503, "999999", HOUR),
        (503, None, None),
        (404, "7200", None),
    ],
)
def test_retry_after_delays_all_feeds_of_host(
    status: int, retry_after_header: str | None, host: timedelta | None
) -> None:
    next_poll = schedule(
        "failed", status=status, headers=ResponseHeaders(retry_after=retry_after_header)
    )
    assert next_poll.host_not_before == (NOW + host if host else None)


def test_gone_feed_is_polled_after_a_month() -> None:
    assert schedule("failed", status=410) == NextPoll(NOW + 30 * DAY, "gone")


def test_feed_failing_for_a_year_is_dead() -> None:
    assert (
        schedule("failed", reason="dns_failed", errors=200, since=NOW - 366 * DAY).reason == "dead"
    )


def test_failing_dormant_feed_keeps_its_interval() -> None:
    failed = schedule("failed", reason="timeout", times=published(1200 * DAY))
    assert failed == NextPoll(NOW + 30 * DAY, "dormant")


PROBABILITY = st.floats(0, 1)
SCHEDULE_TAGS = st.builds(
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
def test_working_feed_is_polled_within_intervals(
    times: tuple[int, ...], jitter: float, silent: int
) -> None:
    times = (*(time - 720 for time in times), *published(silent * MINUTE))
    next_poll = schedule(times=times, jitter=jitter)
    assert INTERVALS.minimum <= wait(next_poll) <= INTERVALS.maximum + SPREAD
    assert next_poll == schedule(times=times, jitter=jitter)


OUTCOME = st.sampled_from(["unchanged", "changed", "failed"])
STATUS = st.sampled_from([None, 200, 304, 404, 410, 429, 503])


@given(
    times=TIMES,
    tags=SCHEDULE_TAGS,
    headers=HEADERS,
    jitter=PROBABILITY,
    status=STATUS,
    outcome=OUTCOME,
    errors=st.integers(1, 10**9),
)
def test_any_input_gives_a_next_poll_within_bounds(
    *,
    times: tuple[int, ...],
    tags: ScheduleTags,
    headers: ResponseHeaders,
    jitter: float,
    status: int | None,
    outcome: str,
    errors: int,
) -> None:
    next_poll = schedule(
        outcome,
        times=times,
        tags=tags,
        headers=headers,
        jitter=jitter,
        status=status,
        errors=errors,
    )
    assert 7 * MINUTE <= wait(next_poll) <= 33 * DAY
    assert next_poll.host_not_before is None or NOW < next_poll.host_not_before <= NOW + DAY
