"""Celery tasks of speakers: a tick that re-resolves podcasts with new evidence."""

from celery import shared_task

from tasks.speakers.reresolve import resolve_podcasts

SCHEDULE = {"overheard.speakers.resolve_stale_podcasts": "resolve_tick_seconds"}

# Seconds: a longer tick would delay the others. The next tick continues.
TICK_SECONDS = 10.0


@shared_task(name="overheard.speakers.resolve_stale_podcasts")
def resolve_stale_podcasts() -> None:
    """Re-resolve podcasts with new evidence, in one transaction for each episode and podcast."""
    resolve_podcasts(TICK_SECONDS)
