"""Published times, parsed to milliseconds."""

import math

import pytest

from tasks.transcripts.timestamps import end_after, from_seconds, parse_clock


@pytest.mark.parametrize(
    ("clock", "ms"),
    [
        ("00:00:05.580", 5_580),
        ("00:00:05,5", 5_500),
        ("01:02:03", 3_723_000),
        ("4:02", 242_000),
        ("100:00:00.000", 360_000_000),
        ("3.480", 3_480),
        ("0", 0),
        ("00:00:00.0004", 0),
        ("-00:00:01.000", None),
        ("9999:00:00", None),
        ("::", None),
        ("", None),
    ],
)
def test_clock_time_is_parsed_to_milliseconds(clock: str, ms: int | None) -> None:
    assert parse_clock(clock) == ms


@pytest.mark.parametrize(
    ("published", "ms"),
    [
        (0.031, 31),
        (12, 12_000),
        ("12.5", 12_500),
        ("00:01:00", 60_000),
        (-1, None),
        (math.nan, None),
        (math.inf, None),
        (10**400, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_json_time_is_parsed_to_milliseconds(published: object, ms: int | None) -> None:
    assert from_seconds(published) == ms


def test_end_before_start_is_unknown_and_zero_length_is_valid() -> None:
    assert end_after(2_000, 1_000) is None
    assert end_after(2_000, 2_000) == 2_000
    assert end_after(None, 1_000) == 1_000
