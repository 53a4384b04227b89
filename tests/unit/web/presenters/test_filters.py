"""Numbers, times and durations as pages show them."""

from datetime import UTC, date, datetime

import pytest

from web.presenters import filters as shown


@pytest.mark.parametrize(
    ("milliseconds", "said"),
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
def test_a_duration_has_two_units_at_most(milliseconds: int | None, said: str) -> None:
    assert shown.duration(milliseconds).replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("milliseconds", "said"), [(None, ""), (0, "0:00"), (61_500, "1:01"), (3_723_000, "1:02:03")]
)
def test_a_timecode_is_as_players_show_it(milliseconds: int | None, said: str) -> None:
    assert shown.timecode(milliseconds) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 0, "0 %"), (0, 9, "0 %"), (1, 1000, "< 1 %"), (1, 3, "33 %")]
)
def test_a_share_is_never_nothing_when_there_is_something(part: int, whole: int, said: str) -> None:
    assert shown.percent(part, whole).replace("\N{NO-BREAK SPACE}", " ") == said


def test_dates_are_written_one_way_in_every_language_of_the_machine() -> None:
    assert shown.day(date(2026, 3, 1)) == "1 Mar 2026"
    assert shown.minute(datetime(2026, 3, 1, 4, 5, tzinfo=UTC)) == "1 Mar 2026, 04:05 UTC"
    assert shown.minute(None) == "never"


def test_only_addresses_of_the_web_are_links() -> None:
    assert shown.web_address("HTTPS://example.com/a") == "HTTPS://example.com/a"
    for address in (
        None,
        "",
        "javascript:alert(1)",
        "//example.com",
        "data:text/html,x",
        "https://a b",
        " https://example.com\n",
    ):
        assert shown.web_address(address) is None


def test_a_long_text_is_cut_at_a_word() -> None:
    assert shown.short("one two three", 9) == "one two…"
    assert shown.short("x" * 30, 10) == "x" * 10 + "…"
    assert shown.short("as it is", 8) == "as it is"
