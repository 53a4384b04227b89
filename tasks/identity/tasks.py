"""Celery tasks of identity: suggestions, once the quarantine rules have run."""

from celery import shared_task

from models.database import in_transaction
from tasks.identity.store.suggestions import podcasts_without_suggestions, suggest

SCHEDULE = {"overheard.identity.suggest_decisions": "resolve_tick_seconds"}


@shared_task(name="overheard.identity.suggest_decisions")
def suggest_decisions() -> None:
    """Suggest merges and splits in podcasts whose quarantine rules ran since the last time."""
    for podcast_id, quarantine_checked_at in in_transaction(podcasts_without_suggestions).items():
        in_transaction(suggest, podcast_id, quarantine_checked_at)
