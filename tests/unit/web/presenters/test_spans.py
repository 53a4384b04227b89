"""Spans of days in words."""

from datetime import date

import pytest

from web.presenters.spans import span_text


@pytest.mark.parametrize(
    ("since", "until", "text"),
    [
        (None, None, ""),
        (date(2021, 1, 1), date(2021, 12, 31), "2021"),
        (date(2021, 1, 1), date(2022, 12, 31), "1 Jan 2021 to 31 Dec 2022"),
        (date(2021, 1, 1), date(2021, 12, 30), "1 Jan 2021 to 30 Dec 2021"),
        (date(2021, 2, 3), None, "since 3 Feb 2021"),
        (None, date(2021, 2, 3), "until 3 Feb 2021"),
    ],
)
def test_span_is_a_year_where_it_is_exactly_one(
    since: date | None, until: date | None, text: str
) -> None:
    assert span_text(since, until) == text
