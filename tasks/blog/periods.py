"""Weeks (ISO 8601), months and years, and their names. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from models import IssuePeriod

_NAME = re.compile(r"(?P<year>\d{4})(?:-w(?P<week>\d{2})|-(?P<month>\d{2}))?")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DigestPeriod:
    """A week, month or year, from its first to its last day."""

    kind: IssuePeriod
    begins_on: date
    ends_on: date

    @property
    def name(self) -> str:
        """``2026-w48``, ``2026-11`` or ``2026``."""
        if self.kind is IssuePeriod.week:
            year, week, _ = self.begins_on.isocalendar()
            return f"{year}-w{week:02}"
        return f"{self.begins_on:%Y-%m}" if self.kind is IssuePeriod.month else self.year

    @property
    def year(self) -> str:
        """The year that it begins in, in four digits."""
        return f"{self.begins_on.year:04}"

    @property
    def title(self) -> str:
        """For people: "Week 48 of 2026", "November 2026", "2026"."""
        if self.kind is IssuePeriod.week:
            year, week, _ = self.begins_on.isocalendar()
            return f"Week {week} of {year}"
        return f"{self.begins_on:%B %Y}" if self.kind is IssuePeriod.month else self.year

    @property
    def before(self) -> "DigestPeriod":
        """The period before it."""
        return period_of(self.kind, self.begins_on - DAY)


def period_of(kind: IssuePeriod, day: date) -> DigestPeriod:
    """The period of this kind that a day is in."""
    if kind is IssuePeriod.week:
        begins = day - timedelta(days=day.weekday())
        return DigestPeriod(kind, begins, begins + 6 * DAY)
    begins = day.replace(day=1) if kind is IssuePeriod.month else day.replace(day=1, month=1)
    days = 31 if kind is IssuePeriod.month else 366
    following = (begins + timedelta(days=days)).replace(day=1)
    return DigestPeriod(kind, begins, following - DAY)


def period_of_name(name: str) -> DigestPeriod | None:
    """The period with this name; None if there is none."""
    found = _NAME.fullmatch(name)
    if not found or int(found["year"]) < 1:
        return None
    try:
        if found["week"]:
            day = date.fromisocalendar(int(found["year"]), int(found["week"]), 1)
            return period_of(IssuePeriod.week, day)
        if found["month"]:
            day = date(int(found["year"]), int(found["month"]), 1)
            return period_of(IssuePeriod.month, day)
        return period_of(IssuePeriod.year, date(int(found["year"]), 1, 1))
    except (ValueError, OverflowError):
        return None


def complete_periods(first: date, today: date) -> Iterator[DigestPeriod]:
    """Every period that is over, from the one with the day ``first`` on, by their end."""
    periods = [period for kind in IssuePeriod for period in _of_kind(kind, first, today)]
    yield from sorted(periods, key=lambda period: (period.ends_on, period.begins_on))


def _of_kind(kind: IssuePeriod, first: date, today: date) -> Iterator[DigestPeriod]:
    period = period_of(kind, first)
    while period.ends_on < today:
        yield period
        period = period_of(kind, period.ends_on + DAY)
