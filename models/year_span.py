"""The days of a year, and the year of days that are exactly one. Pure."""

from datetime import date


def year_span(year: int | None) -> tuple[date | None, date | None]:
    """The first and the last day of a year."""
    return (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)


def year_of(since: date | None, until: date | None) -> int | None:
    """The year, if the days are those of one year."""
    if since is None or (since, until) != year_span(since.year):
        return None
    return since.year
