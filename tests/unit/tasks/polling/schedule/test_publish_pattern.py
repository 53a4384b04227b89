"""The publish pattern learns when episodes appear, and not which date they bear."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tasks.feeds.values import ScheduleTags
from tasks.polling.schedule.publish_pattern import MAX_TIMES, PublishPattern, learn

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TAGS = ScheduleTags(ttl_minutes=60, skip_hours=frozenset({1, 2}), podping=True)


def times(pattern: PublishPattern) -> list[datetime]:
    return [datetime.fromtimestamp(minutes * 60, UTC) for minutes in pattern.times]


def first_poll(dates: list[datetime | None]) -> PublishPattern:
    return learn(
        PublishPattern(), dates, ScheduleTags(), last_success=None, new_episodes=len(dates), now=NOW
    )


def second_poll(pattern: PublishPattern, date: datetime | None) -> PublishPattern:
    before = NOW + DAY - HOUR
    return learn(
        pattern, [date], ScheduleTags(), last_success=before, new_episodes=1, now=before + HOUR
    )


def test_first_poll_learns_dates_in_any_order() -> None:
    assert times(first_poll([NOW - HOUR, None, NOW - 3 * DAY])) == [NOW - 3 * DAY, NOW - HOUR]


def test_archive_published_at_once_is_one_event() -> None:
    dates: list[datetime | None] = [NOW - DAY + timedelta(seconds=n) for n in range(500)]
    assert times(first_poll([NOW - 9 * DAY, *dates])) == [NOW - 9 * DAY, NOW - DAY]


def test_pattern_has_only_the_latest_times() -> None:
    pattern = first_poll([NOW - n * DAY for n in range(400)])
    assert times(pattern) == [NOW - n * DAY for n in reversed(range(MAX_TIMES))]


def test_date_far_ahead_is_ignored() -> None:
    assert times(first_poll([NOW - DAY, NOW + 9 * DAY, datetime(2099, 1, 1, tzinfo=UTC)])) == [
        NOW - DAY
    ]


def test_date_some_hours_ahead_counts_as_now() -> None:
    assert times(first_poll([NOW + 5 * HOUR])) == [NOW]


def test_date_without_time_is_moved_to_last_poll() -> None:
    midnight = (NOW + DAY).replace(hour=0)
    assert times(second_poll(first_poll([NOW - DAY]), midnight))[-1] == NOW + DAY - HOUR


def test_date_between_two_polls_is_unchanged() -> None:
    published = NOW + DAY - timedelta(minutes=17)
    assert times(second_poll(first_poll([NOW - DAY]), published))[-1] == published


def test_old_episodes_published_later_are_ignored() -> None:
    known = first_poll([NOW - DAY])
    assert second_poll(known, NOW - 300 * DAY) == known


def test_new_episode_without_dates_counts_as_now() -> None:
    assert times(second_poll(first_poll([None]), None)) == [NOW + DAY]


def test_republished_episode_adds_an_event() -> None:
    known = first_poll([NOW - 14 * DAY, NOW - 7 * DAY])
    assert len(second_poll(known, NOW + DAY - timedelta(minutes=5)).times) == 3


@given(st.lists(st.datetimes(datetime(1969, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001  hypothesis requires naive bounds
def test_pattern_survives_json_and_stays_small(dates: list[datetime]) -> None:
    pattern = learn(PublishPattern(), dates, TAGS, last_success=None, new_episodes=1, now=NOW)
    stored = json.dumps(pattern.to_json())
    assert PublishPattern.from_json(json.loads(stored)) == pattern
    assert len(stored) < 500
    assert list(pattern.times) == sorted(set(pattern.times))


def test_feed_without_pattern_has_an_empty_one() -> None:
    assert PublishPattern.from_json(None) == PublishPattern.from_json({}) == PublishPattern()
