"""Publishes the digests that are due."""

from datetime import timedelta

from models import IssuePeriod
from models.database import database_time, in_transaction
from tasks.blog.periods import DigestPeriod, complete_periods
from tasks.blog.store.issues import first_day, issues, publish_issue

# Transcripts come later than their episodes.
DELAY = timedelta(days=2)
# What ended longer ago is published only by the command.
RECENT = {
    IssuePeriod.week: timedelta(days=14),
    IssuePeriod.month: timedelta(days=45),
    IssuePeriod.year: timedelta(days=90),
}


def publish_due(*, everything: bool = False) -> list[str]:
    """Publish complete periods without an issue, each in a transaction; their names."""
    return [period.name for period in _due(everything=everything) if _published(period)]


def _due(*, everything: bool) -> list[DigestPeriod]:
    first = in_transaction(first_day)
    if first is None:
        return []
    today = in_transaction(database_time).date()
    known = {each.name for each in in_transaction(issues)}
    return [
        period
        for period in complete_periods(first, today - DELAY)
        if period.name not in known and (everything or period.ends_on > today - RECENT[period.kind])
    ]


def _published(period: DigestPeriod) -> bool:
    return in_transaction(publish_issue, period)
