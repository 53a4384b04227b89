"""Dates are parsed in every published form; invalid ones are None."""

from datetime import UTC, datetime

import pytest

from tasks.feeds.parser.dates import parse_date

MORNING = datetime(2025, 2, 11, 7, 5, 54, tzinfo=UTC)
MINUTE = MORNING.replace(second=0)
MIDNIGHT = datetime(2025, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published", "moment"),
    [
        ("Tue, 11 Feb 2025 07:05:54 +0000", MORNING),
        ("Tue, 11 Feb 2025 07:05:54 GMT", MORNING),
        ("11 Feb 2025 07:05:54 GMT", MORNING),
        ("Tue, 11 Feb 2025 09:05:54 +0200", MORNING),
        ("Tue, 11 Feb 2025 02:05:54 EST", MORNING),
        ("Tue, 11 Feb 2025 03:05:54 EDT", MORNING),
        ("Tue, 11 Feb 2025 08:05:54 CET", MORNING),
        ("Tue, 11 Feb 2025 07:05:54 Z", MORNING),
        ("Tue, 11 Feb 2025 07:05:54 A", MORNING),
        ("Tue, 11 Feb 2025 07:05:54 +00:00", MORNING),
        ("Tue, 11 Feb 2025 07:05:54 GMT+0000 (Coordinated Universal Time)", MORNING),
        ("Tue, 11 Feb 2025 07:05:54", MORNING),
        ("Tue, 11 Feb 2025 07:05 GMT", MINUTE),
        ("Tue, 11 Feb 2025 7:05:54 AM GMT", MORNING),
        ("Mon, 11 Feb 2025 07:05:54 +0000", MORNING),  # a Tuesday
        ("Tuesday, 11 February 2025 07:05:54 +0000", MORNING),
        ("Tues, 11 Feb. 2025 07:05:54 +0000", MORNING),
        ("11 Feb 2025 07:05:54 +0000", MORNING),
        ("11 feb 25 07:05:54 +0000", MORNING),
        ("Tue,  11  Feb  2025  07:05:54  +0000", MORNING),
        ("Tue, 11-Feb-2025 07:05:54 GMT", MORNING),
        ("\n Tue, 11 Feb 2025 07:05:54 +0000 \n", MORNING),
        ("Feb 11, 2025 07:05:54", MORNING),
        ("February 11th, 2025, 7:05 am", MINUTE),
        ("Tue Feb 11 07:05:54 2025", MORNING),
        ("Tue Feb 11 07:05:54 UTC 2025", MORNING),
        ("Di, 11 Februar 2025 08:05:54 MEZ", MORNING),
        ("mar., 11 févr. 2025 07:05:54 +0000", MORNING),
        ("mar, 11 de febrero de 2025 07:05:54 +0000", MORNING),
        ("2025-02-11T07:05:54Z", MORNING),
        ("2025-02-11T08:05:54+01:00", MORNING),
        ("2025-02-11T07:05:54", MORNING),
        ("2025-02-11 07:05:54 +0000", MORNING),
        ("2025-02-11T07:05Z", MINUTE),
        ("20250211T070554Z", MORNING),
        ("2025-02-11", MIDNIGHT),
        ("2025/02/11", MIDNIGHT),
        ("2025-02", datetime(2025, 2, 1, tzinfo=UTC)),
        ("2025", datetime(2025, 1, 1, tzinfo=UTC)),
        ("Tue, 11 Feb 2025 24:00:00 +0000", datetime(2025, 2, 12, tzinfo=UTC)),
        ("Sat, 31 Dec 2016 23:59:60 +0000", datetime(2017, 1, 1, tzinfo=UTC)),
        ("Thu, 1 Jan 70 00:00:00 GMT", datetime(1970, 1, 1, tzinfo=UTC)),
        ("Sat, 2 Feb 2030 00:00:00 GMT", datetime(2030, 2, 2, tzinfo=UTC)),
    ],
)
def test_date_is_parsed_in_each_published_form(published: str, moment: datetime) -> None:
    assert parse_date(published) == moment


@pytest.mark.parametrize(
    "published",
    [
        *("", " ", "soon", "Tue, 32 Feb 2025 07:05:54 +0000", "Tue, 11 Foo 2025 07:05:54 +0000"),
        *("0000-00-00 00:00:00", "0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-14:00"),
        *("Tue, 11 Feb 2025 99:05:54 +0000", "1739257554", "11", "1 " * 5000),
        *("Tue, 11 Feb 2025 07:05:540 CST", "Tue, 11 Feb 2025 07 +0000"),
    ],
)
def test_invalid_date_is_none(published: str) -> None:
    assert parse_date(published) is None


def test_parsed_date_is_in_utc() -> None:
    for published in ("2025-02-11T08:05:54+01:00", "Tue, 11 Feb 2025 02:05:54 EST", "2025-02-11"):
        moment = parse_date(published)
        assert moment is not None
        assert moment.tzinfo is UTC
