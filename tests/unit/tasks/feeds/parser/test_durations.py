"""Durations are parsed in every published form; invalid ones are None."""

# ruff: noqa: RUF001 - letters and signs of all languages

import pytest

from tasks.feeds.parser.durations import parse_duration


@pytest.mark.parametrize(
    ("published", "milliseconds"),
    [
        ("01:02:03", 3_723_000),
        ("1:2:3", 3_723_000),
        ("24:00:00", 86_400_000),
        ("30:02:03", 108_123_000),
        ("00:75:90", 4_590_000),
        ("62:03", 3_723_000),
        ("3723", 3_723_000),
        ("3723.5", 3_723_500),
        ("01:02:03.250", 3_723_250),
        ("1h 2m 3s", 3_723_000),
        ("1 hour, 2 minutes", 3_720_000),
        ("62 min", 3_720_000),
        ("PT1H2M3S", 3_723_000),
        ("P0DT62M3S", 3_723_000),
        (" 90 ", 90_000),
        ("90s", 90_000),
        ("0", 0),
        ("1:02:03:04", 3_723_000),
        ("1:02:03:04:05", 3_723_000),
        ("62 minuuttia", 3_720_000),
        (":30", 30_000),
        ("1h2m", 3_720_000),
        ("1h02", 3_720_000),
        ("02h03m04s", 7_384_000),
        ("62min.", 3_720_000),
        ("1.5 hours", 5_400_000),
        ("1 hour and 2 minutes", 3_720_000),
        ("62'03\"", 3_723_000),
        ("62′ 03″", 3_723_000),
        ("62'", 3_720_000),
        ("1 Std. 2 Min. 3 Sek.", 3_723_000),
        ("1 heure et 2 minutes", 3_720_000),
        ("1 час 2 минуты", 3_720_000),
        ("1時間2分3秒", 3_723_000),
        ("PT62M3.5S", 3_723_500),
        ("01 : 02 : 03", 3_723_000),
        ("62:03 min", 3_723_000),
        ("1:02 h", 3_720_000),
        ("1:02:03 hours", 3_723_000),
    ],
)
def test_duration_is_parsed_in_each_published_form(published: str, milliseconds: int) -> None:
    assert parse_duration(published) == milliseconds


@pytest.mark.parametrize(
    "published",
    [
        *(None, "", " ", "-5", "-00:01:00", "about an hour", "approx. 62 min", "NaN", "P", "PT"),
        *(
            "45678901",
            "9" * 5000,
            "1e3",
            "00:30:",
            "1::2",
            "::2",
            "62 minnows",
            "'",
            "h",
        ),
    ],
)
def test_invalid_duration_is_none(published: str | None) -> None:
    assert parse_duration(published) is None
