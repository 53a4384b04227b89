"""Does work again on purpose: by scope and stage, through the same rows and queues as live work."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from celery import shared_task
from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from models.database import database_time, in_transaction
from tasks.crawls.store import ask_for_look
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.publish import publish_waiting_jobs

log = structlog.get_logger()

_WITH_TRANSCRIPT = """
    SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE p.state NOT IN ('removed', 'refused') AND e.duplicate_of IS NULL
        AND EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id AND (t.offered OR t.chosen))
"""
_KEPT = """
    AND EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id AND t.chosen)
"""
_FOLLOWED = "SELECT id FROM podcast p WHERE p.state IN ('active', 'gone')"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is done again: everything, one podcast, or one episode."""

    podcast_id: int | None = None
    episode_id: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a re-ingest asked for: the feeds to look at again, and the jobs that wait now."""

    request_id: str
    asked_at: datetime
    podcast_ids: list[int]
    job_ids: list[int]


@shared_task(name="overheard.reingest")
def reingest(scope: dict[str, Any], stage: str = "fetch", request_id: str = "") -> None:
    """Re-ingest on request from outside; until its rows exist the message can be lost.

    Args:
        scope: ``{}`` for everything, ``{"podcast_id": 1}`` or ``{"episode_id": 1}``.
        stage: ``fetch`` (ignoring validators and hashes) or ``parse`` (from what is kept).
        request_id: a word of the caller's, found again in rows and logs.
    """
    asked = in_transaction(request_reingest, Scope(**scope), Stage(stage), request_id)
    publish_waiting_jobs()
    log.info(
        "reingest_requested",
        correlation_id=asked.request_id,
        stage=stage,
        feeds=len(asked.podcast_ids),
        jobs=len(asked.job_ids),
        **scope,
    )


def request_reingest(session: Session, scope: Scope, stage: Stage, request_id: str = "") -> Request:
    """Make the rows of a re-ingest: feeds due now, unconditionally, and a job per episode."""
    now = database_time(session)
    request_id = request_id or f"reingest-{uuid4().hex[:12]}"
    podcasts: list[int] = []
    if stage is Stage.fetch and scope.episode_id is None:
        podcasts = _ids(
            session, _FOLLOWED + (" AND p.id = :podcast_id" if scope.podcast_id else ""), scope
        )
        ask_for_look(session, podcasts, now, unconditional=True)
    condition = _KEPT if stage is Stage.parse else ""
    if scope.episode_id is not None:
        condition += " AND e.id = :episode_id"
    elif scope.podcast_id is not None:
        condition += " AND e.podcast_id = :podcast_id"
    jobs = request_jobs(
        session,
        "parse",
        _ids(session, _WITH_TRANSCRIPT + condition, scope),
        now,
        stage=stage,
        forced=True,
        priority=REINGEST_PRIORITY,
        request_id=request_id,
    )
    return Request(request_id, now, podcasts, jobs)


def _ids(session: Session, query: str, scope: Scope) -> list[int]:
    asked = {"podcast_id": scope.podcast_id, "episode_id": scope.episode_id}
    used = {name: value for name, value in asked.items() if f":{name}" in query}
    return list(session.connection().execute(text(query + " ORDER BY 1"), used).scalars())
