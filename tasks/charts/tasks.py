"""Celery tasks of store charts: poll the top lists that are due."""

from celery import shared_task

from tasks.charts.poll import poll_due_charts

SCHEDULE = {"overheard.charts.poll_store_charts": 900.0}


@shared_task(name="overheard.charts.poll_store_charts")
def poll_store_charts() -> None:
    """Poll the store's top lists that are due, each four times a day; off without a setting."""
    poll_due_charts()
