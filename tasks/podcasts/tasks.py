"""Celery tasks of podcasts: merged episodes, once the survivor's own have been read."""

from celery import shared_task

from models.database import in_transaction
from tasks.podcasts.store.place import groups_to_place, place_group

SCHEDULE = {"overheard.podcasts.place_merged_episodes": "resolve_tick_seconds"}


@shared_task(name="overheard.podcasts.place_merged_episodes")
def place_merged_episodes() -> None:
    """Let the survivors' own episodes count that were read since a merge."""
    for root_id in in_transaction(groups_to_place):
        in_transaction(place_group, root_id)
