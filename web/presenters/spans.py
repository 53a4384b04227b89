"""Spans of days in words, the same on every page. Pure."""

from datetime import date

from models.year_span import year_of
from web.languages.texts import N_, formatted
from web.presenters.filters import day


def span_text(since: date | None, until: date | None) -> str:
    """Days as `2021`, `since 1 Feb 2021`, `until 3 Mar 2021`, `1 Feb 2021 to 3 Mar 2021`, or ""."""
    if year := year_of(since, until):
        return str(year)
    if since and until:
        return formatted(N_("%(first)s to %(last)s"), first=day(since), last=day(until))
    if since:
        return formatted(N_("since %(day)s"), day=day(since))
    return formatted(N_("until %(day)s"), day=day(until)) if until else ""
