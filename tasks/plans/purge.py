"""Purges the log of metered use, as old as the setting says."""

from datetime import timedelta

from models import get_settings
from models.database import database_time, in_transaction
from tasks.plans.store.usage import purge_usage_log


def purge_old_use() -> int:
    """Replace rows of the log by sums, in transactions of some thousands each; return how many."""
    days = get_settings().usage_log_days
    if not days:
        return 0
    before = in_transaction(database_time) - timedelta(days=days)
    purged = 0
    while count := in_transaction(purge_usage_log, before):
        purged += count
    return purged
