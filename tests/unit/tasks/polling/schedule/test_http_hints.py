"""Hints of feeds and servers about the next poll count within limits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tasks.feeds.values import ScheduleTags
from tasks.http.retry_after import retry_after
from tasks.http.values import ResponseHeaders
from tasks.polling.schedule.http_hints import (
    days_between_episodes,
    freshness_lifetime,
    next_allowed_time,
)

NOW = datetime(2026, 3, 10, 12, 20, tzinfo=UTC)  # a Tuesday
NOTHING = ResponseHeaders()
DATE = "Tue, 10 Mar 2026 09:00:00 GMT"  # the server's clock is three hours behind


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        (ResponseHeaders(cache_control="public, max-age=900"), 15),
        (ResponseHeaders(cache_control="max-age=60, s-maxage=1800"), 30),
        (ResponseHeaders(cache_control='Max-Age="600"'), 10),
        (ResponseHeaders(cache_control="no-cache, max-age=900"), 0),
        (ResponseHeaders(cache_control="no-store"), 0),
        (ResponseHeaders(cache_control='no-cache="set-cookie", max-age=900'), 15),
        (ResponseHeaders(cache_control="max-age=-1"), 0),
        (ResponseHeaders(cache_control="max-age=9999999999999999"), 24 * 60),
        (ResponseHeaders(cache_control="max-age=604800"), 24 * 60),
        (ResponseHeaders(expires="Tue, 10 Mar 2026 09:45:00 GMT", date=DATE), 45),
        (ResponseHeaders(expires="Tue, 10 Mar 2026 08:00:00 GMT", date=DATE), 0),
        (ResponseHeaders(expires="Tue, 10 Mar 2026 12:45:00 GMT"), 0),
        (ResponseHeaders(expires="0", date=DATE), 0),
        (ResponseHeaders(expires="-1", date="yesterday"), 0),
        (
            ResponseHeaders(
                cache_control="max-age=60", expires=DATE.replace("10", "11"), date=DATE
            ),
            1,
        ),
    ],
)
def test_freshness_lifetime_follows_caching_headers(headers: ResponseHeaders, minutes: int) -> None:
    assert freshness_lifetime(ScheduleTags(), headers) == timedelta(minutes=minutes)


def test_freshness_lifetime_is_longer_of_ttl_and_max_age() -> None:
    assert freshness_lifetime(
        ScheduleTags(ttl_minutes=60), ResponseHeaders(cache_control="max-age=60")
    ) == (timedelta(hours=1))


@pytest.mark.parametrize("minutes", [7 * 1440, 10**12])
def test_long_ttl_is_cut_to_a_day(minutes: int) -> None:
    assert freshness_lifetime(ScheduleTags(ttl_minutes=minutes), NOTHING) == timedelta(days=1)


def test_skipped_hours_move_to_the_next_allowed_hour() -> None:
    assert next_allowed_time(NOW, ScheduleTags(skip_hours=frozenset({12, 13}))) == NOW.replace(
        hour=14, minute=0
    )


def test_skipped_hours_are_in_gmt() -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert next_allowed_time(there, ScheduleTags(skip_hours=frozenset({12}))) == NOW.replace(
        hour=13, minute=0
    )


def test_skipped_days_move_to_the_next_allowed_hour() -> None:
    skips = ScheduleTags(skip_days=frozenset({1, 2}), skip_hours=frozenset({0}))
    assert next_allowed_time(NOW, skips) == datetime(2026, 3, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "skips",
    [ScheduleTags(skip_hours=frozenset(range(24))), ScheduleTags(skip_days=frozenset(range(7)))],
)
def test_skipping_every_hour_or_day_is_ignored(skips: ScheduleTags) -> None:
    assert next_allowed_time(NOW, skips) == NOW


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY", 1),
        ("FREQ=WEEKLY", 7),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR,SU", 7 / 4),
        ("freq=weekly;interval=2;byday=tu", 14),
        ("FREQ=MONTHLY;BYDAY=1MO,3MO", 15.2),
        ("FREQ=WEEKLY;INTERVAL=0", 7),
        ("every Tuesday", None),
        ("", None),
    ],
)
def test_update_frequency_gives_days_between_episodes(rule: str, days: float | None) -> None:
    assert days_between_episodes(ScheduleTags(update_frequency=rule)) == days


def test_update_period_counts_unless_it_is_the_default() -> None:
    assert days_between_episodes(ScheduleTags(update_period_seconds=7 * 86_400)) == 7
    assert days_between_episodes(ScheduleTags(update_period_seconds=3_600)) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Tue, 10 Mar 2026 13:20:00 GMT", timedelta(hours=1)),
        ("Tue, 10 Mar 2026 11:20:00 GMT", timedelta()),
        ("99999999999999999999", timedelta(days=7)),
        ("soon", None),
        (None, None),
    ],
)
def test_retry_after_is_cut_to_a_week(header: str | None, wait: timedelta | None) -> None:
    assert retry_after(ResponseHeaders(retry_after=header), NOW) == wait
