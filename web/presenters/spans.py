"""Spans of days in words, the same on every page. Pure."""

from datetime import date

from models.year_span import year_of
from web.presenters.filters import day


def span_text(since: date | None, until: date | None) -> str:
    """Days as `2021`, `since 1 Feb 2021`, `until 3 Mar 2021`, `1 Feb 2021 to 3 Mar 2021`, or ""."""
    if year := year_of(since, until):
        return str(year)
    if since and until:
        return f"{day(since)} to {day(until)}"
    return f"since {day(since)}" if since else f"until {day(until)}" if until else ""
