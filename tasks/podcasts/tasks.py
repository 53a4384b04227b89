"""Celery tasks of podcasts: merged episodes that were read, feeds that turn out to be private."""

from celery import shared_task

from models.database import in_transaction
from tasks.podcasts.store.place import groups_to_place, place_group
from tasks.podcasts.store.privacy import guard_podcasts

SCHEDULE = {
    "overheard.podcasts.place_merged_episodes": "resolve_tick_seconds",
    "overheard.podcasts.guard_private": 3600.0,
}


@shared_task(name="overheard.podcasts.place_merged_episodes")
def place_merged_episodes() -> None:
    """Let the survivors' own episodes count that were read since a merge."""
    for root_id in in_transaction(groups_to_place):
        in_transaction(place_group, root_id)


@shared_task(name="overheard.podcasts.guard_private")
def guard_private() -> None:
    """Hide podcasts whose feed URLs are private by the rules of this version."""
    in_transaction(guard_podcasts)
