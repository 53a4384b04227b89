"""Celery tasks of speakers."""

from celery import shared_task

from tasks.speakers.reresolve import resolve_podcasts

SCHEDULE = {"overheard.speakers.resolve_stale_podcasts": "resolve_tick_seconds"}

# Seconds: a tick leaves the other ticks their turn, and goes on at the next one.
TICK_SECONDS = 10.0


@shared_task(name="overheard.speakers.resolve_stale_podcasts")
def resolve_stale_podcasts() -> None:
    """Resolve podcasts again that have new evidence: a transaction for each episode and podcast."""
    resolve_podcasts(TICK_SECONDS)
