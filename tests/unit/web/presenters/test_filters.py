"""Template filters: numbers, times, durations, URLs."""

from datetime import UTC, date, datetime

import pytest

from web.presenters import filters


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 s"),
        (999, "0 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (3_599_000, "59 min 59 s"),
        (3_605_000, "1 h 5 s"),
        (360_000_000, "100 h"),
    ],
)
def test_duration_has_at_most_two_units(milliseconds: int | None, expected: str) -> None:
    assert filters.duration(milliseconds).replace("\N{NO-BREAK SPACE}", " ") == expected


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [(None, ""), (0, "0:00"), (61_500, "1:01"), (3_723_000, "1:02:03")],
)
def test_timecode_has_the_format_of_audio_players(milliseconds: int | None, expected: str) -> None:
    assert filters.timecode(milliseconds) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "< 1 %"), (1, 3, "33 %")],
)
def test_percent_of_a_small_share_is_not_zero(part: int, whole: int, expected: str) -> None:
    assert filters.percent(part, whole).replace("\N{NO-BREAK SPACE}", " ") == expected


def test_day_and_minute_ignore_the_locale() -> None:
    assert filters.day(date(2026, 3, 1)) == "1 Mar 2026"
    assert filters.minute(datetime(2026, 3, 1, 4, 5, tzinfo=UTC)) == "1 Mar 2026, 04:05 UTC"
    assert filters.minute(None) == "never"


def test_web_address_accepts_only_http_urls() -> None:
    assert filters.web_address("HTTPS://example.com/a") == "HTTPS://example.com/a"
    for address in (
        None,
        "",
        "javascript:alert(1)",
        "//example.com",
        "data:text/html,x",
        "https://a b",
        " https://example.com\n",
    ):
        assert filters.web_address(address) is None


def test_short_cuts_long_text_between_words() -> None:
    assert filters.short("one two three", 9) == "one two…"
    assert filters.short("x" * 30, 10) == "x" * 10 + "…"
    assert filters.short("as it is", 8) == "as it is"
