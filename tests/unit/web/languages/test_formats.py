"""Numbers, dates, durations and plurals in each language."""

from collections.abc import Callable
from contextvars import copy_context
from datetime import UTC, date, datetime
from typing import TypeVar

import pytest

from web.languages.choice import LANGUAGES, set_language
from web.languages.formats import decimal, month_and_year, month_text
from web.presenters.filters import counted, day, duration, minute, number

Text = TypeVar("Text")
DAY = date(2023, 3, 14)


def _in(code: str, function: Callable[..., Text], *args: object) -> Text:
    def run() -> Text:
        set_language(LANGUAGES[code])
        return function(*args)

    return copy_context().run(run)


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("en", ["12,345", "1,234.5", "14 Mar 2023", "Mar 2023", "March 2023", "1 episode"]),
        ("de", ["12.345", "1234,5", "14.03.2023", "März 2023", "März 2023", "1 Folge"]),
        ("es", ["12.345", "1234,5", "14 mar 2023", "mar 2023", "marzo de 2023", "1 episodio"]),
        ("fr", ["12\u202f345", "1234,5", "14 mars 2023", "mars 2023", "mars 2023", "1 épisode"]),
    ],
)
def test_values_are_written_as_in_the_language(code: str, texts: list[str]) -> None:
    assert [
        _in(code, number, 12345),
        _in(code, decimal, 1234.5),
        _in(code, day, DAY),
        _in(code, month_text, DAY),
        _in(code, month_and_year, DAY),
        _in(code, counted, 1, "episode"),
    ] == [texts[0], texts[1].replace("1,234", "1234"), *texts[2:]]


@pytest.mark.parametrize(("code", "text"), [("en", "0 episodes"), ("de", "0 Folgen")])
def test_no_episodes_are_several(code: str, text: str) -> None:
    assert _in(code, counted, 0, "episode") == text


def test_french_counts_nothing_as_one() -> None:
    assert _in("fr", counted, 0, "episode") == "0 épisode"
    assert _in("fr", counted, 2, "episode") == "2 épisodes"


def test_units_of_operators_are_english() -> None:
    assert _in("de", counted, 2, "failing feed") == "2 failing feeds"


def test_moments_and_durations_in_german() -> None:
    assert _in("de", minute, datetime(2023, 3, 14, 6, 30, tzinfo=UTC)) == "14.03.2023, 06:30 UTC"
    assert _in("de", minute, None) == "nie"
    assert _in("de", duration, 3_600_000 * 1234) == "1.234\N{NO-BREAK SPACE}h"
