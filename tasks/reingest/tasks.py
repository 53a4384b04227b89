"""Celery tasks of re-ingest requests."""

from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.correlation import correlated, new_correlation_id
from tasks.reingest.request import handle_reingest
from tasks.reingest.store.requests import (
    ClosedRequest,
    close_finished_requests,
    purge_requests,
)

log = structlog.get_logger()

SCHEDULE = {"overheard.reingest.sweep": "sweep_tick_seconds", "overheard.reingest.purge": 600.0}


@shared_task(name="overheard.reingest.reingest", bind=True)
def reingest(self: Any, scope: dict[str, Any], request_id: str = "", stage: str = "") -> None:
    """Create a re-ingest request that another program sends as a message.

    The message can be lost until the request is stored.

    Args:
        self: the task.
        scope: what to ingest again: ``{"all": true}``, ``{"episode_id": 1}``,
            ``{"podcast_id": 1}``, ``{"podcast": "https://…"}``, ``{"person": "slug"}``,
            ``{"since": "2026-01-31"}``, ``{"outdated": true}``, ``{"failed": "any"}`` or
            ``{"failed": "http_404"}``.
        request_id: the caller's id for the request. A second message with the same id does
            nothing.
        stage: ``fetch``, ``parse``, ``people`` or ``counts``; "" means the scope's default.
    """
    request_id = str(request_id) or new_correlation_id("reingest")
    with correlated(request_id):
        handle_reingest(scope, request_id, stage, requested_by=self.request.origin or "")


@shared_task(name="overheard.reingest.sweep")
def sweep() -> None:
    """Close requests whose jobs and polls are done."""
    for request in in_transaction(_close):
        log.info(
            "reingest_done",
            correlation_id=request.id,
            stage=request.stage,
            jobs=request.jobs,
            dead=request.dead,
        )


def _close(session: Session) -> list[ClosedRequest]:
    return close_finished_requests(session, database_time(session))


@shared_task(name="overheard.reingest.purge")
def purge() -> None:
    """Delete requests that ended more than ``job_history_days`` ago."""
    in_transaction(_purge)


def _purge(session: Session) -> int:
    before = database_time(session) - timedelta(days=get_settings().job_history_days)
    return purge_requests(session, before)
