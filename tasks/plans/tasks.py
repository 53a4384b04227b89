"""Celery tasks of plans: purge the log of metered use."""

from celery import shared_task

from tasks.plans.purge import purge_old_use

SCHEDULE = {"overheard.plans.purge": 3600.0}


@shared_task(name="overheard.plans.purge")
def purge() -> None:
    """Replace old rows of the log of metered use by sums of days, as exact as before."""
    purge_old_use()
