"""What a feed's dates teach: when its episodes appear, and not what they are dated."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tasks.feeds.values import ScheduleTags
from tasks.polling.schedule.publish_pattern import KEPT, PublishPattern, learn

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SAYS = ScheduleTags(ttl_minutes=60, skip_hours=frozenset({1, 2}), podping=True)


def times(rhythm: PublishPattern) -> list[datetime]:
    return [datetime.fromtimestamp(minutes * 60, UTC) for minutes in rhythm.times]


def first_look(dates: list[datetime | None]) -> PublishPattern:
    return learn(
        PublishPattern(), dates, ScheduleTags(), looked_before=None, appeared=len(dates), now=NOW
    )


def second_look(rhythm: PublishPattern, date: datetime | None) -> PublishPattern:
    before = NOW + DAY - HOUR
    return learn(
        rhythm, [date], ScheduleTags(), looked_before=before, appeared=1, now=before + HOUR
    )  # fmt: skip


def test_the_first_look_learns_the_dates_in_any_order() -> None:
    assert times(first_look([NOW - HOUR, None, NOW - 3 * DAY])) == [NOW - 3 * DAY, NOW - HOUR]


def test_a_back_catalogue_put_up_at_once_is_one_event() -> None:
    dates: list[datetime | None] = [NOW - DAY + timedelta(seconds=n) for n in range(500)]
    assert times(first_look([NOW - 9 * DAY, *dates])) == [NOW - 9 * DAY, NOW - DAY]


def test_only_the_latest_times_are_kept() -> None:
    rhythm = first_look([NOW - n * DAY for n in range(400)])
    assert times(rhythm) == [NOW - n * DAY for n in reversed(range(KEPT))]


def test_a_date_far_ahead_teaches_nothing() -> None:
    assert times(first_look([NOW - DAY, NOW + 9 * DAY, datetime(2099, 1, 1, tzinfo=UTC)])) == [
        NOW - DAY
    ]


def test_a_date_some_hours_ahead_is_a_wrong_time_zone_and_counts_as_now() -> None:
    assert times(first_look([NOW + 5 * HOUR])) == [NOW]


def test_a_date_without_a_time_is_learned_as_when_the_episode_appeared() -> None:
    midnight = (NOW + DAY).replace(hour=0)
    assert times(second_look(first_look([NOW - DAY]), midnight))[-1] == NOW + DAY - HOUR


def test_a_date_between_two_looks_is_believed_to_the_minute() -> None:
    published = NOW + DAY - timedelta(minutes=17)
    assert times(second_look(first_look([NOW - DAY]), published))[-1] == published


def test_old_episodes_put_up_later_teach_nothing() -> None:
    known = first_look([NOW - DAY])
    assert second_look(known, NOW - 300 * DAY) == known


def test_without_any_dates_a_new_episode_counts_as_now() -> None:
    assert times(second_look(first_look([None]), None)) == [NOW + DAY]


def test_a_republished_episode_is_an_event_and_the_old_ones_are_kept() -> None:
    known = first_look([NOW - 14 * DAY, NOW - 7 * DAY])
    assert len(second_look(known, NOW + DAY - timedelta(minutes=5)).times) == 3


@given(st.lists(st.datetimes(datetime(1969, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))))  # noqa: DTZ001  hypothesis wants them naive
def test_a_rhythm_is_small_and_the_same_after_a_trip_through_json(dates: list[datetime]) -> None:
    rhythm = learn(PublishPattern(), dates, SAYS, looked_before=None, appeared=1, now=NOW)
    stored = json.dumps(rhythm.to_json())
    assert PublishPattern.from_json(json.loads(stored)) == rhythm
    assert len(stored) < 500
    assert list(rhythm.times) == sorted(set(rhythm.times))


def test_a_feed_that_was_never_read_has_an_empty_rhythm() -> None:
    assert PublishPattern.from_json(None) == PublishPattern.from_json({}) == PublishPattern()
