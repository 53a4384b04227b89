"""Re-ingest requests in the database: their rows, and when they are done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from models import Job, JobState, Outcome, Person, ReingestRequest, RequestState
from models.database import Session
from models.database.sql import execute, fetch_all
from tasks.jobs.store import LIVE_PRIORITY

_CLOSE = """
    WITH ended AS MATERIALIZED (
        SELECT q.id FROM reingest_request q WHERE q.state = 'running'
            AND NOT EXISTS (SELECT FROM job j
                WHERE j.request_id = q.id AND j.state IN ('waiting', 'running'))
            AND NOT EXISTS (SELECT FROM crawl c WHERE c.podcast_id = ANY(q.podcast_ids)
                AND c.next_poll_at IS NOT NULL
                AND coalesce(c.polled_at < q.created_at, true))
        FOR UPDATE OF q SKIP LOCKED)
    UPDATE reingest_request q SET state = 'done', finished_at = :now, counts = coalesce((
        SELECT jsonb_object_agg(state, jobs) FROM (
            SELECT state, count(*) AS jobs FROM job WHERE request_id = q.id GROUP BY 1) s), '{}')
    FROM ended WHERE q.id = ended.id
    RETURNING q.id, q.stage, q.jobs, coalesce((q.counts ->> 'dead')::int, 0) AS dead
"""


@dataclass(frozen=True, slots=True)
class ClosedRequest:
    """A re-ingest request that is done now: how many jobs it had, and how many are dead."""

    id: str
    stage: str
    jobs: int
    dead: int


def person_id_of(session: Session, slug: str) -> int | None:
    """The id of the person with this slug."""
    return session.exec(select(Person.id).where(Person.slug == slug)).first()


def create_request(
    session: Session,
    request_id: str,
    scope: dict[str, Any],
    stage: str,
    now: datetime,
    *,
    requested_by: str = "",
    refused: str = "",
) -> bool:
    """Create a request; ``False`` when one with this id exists already."""
    row = insert(ReingestRequest).values(
        id=request_id,
        scope=scope,
        stage=stage,
        state=RequestState.refused if refused else RequestState.running,
        reason="bad_scope" if refused else "",
        message=refused,
        requested_by=requested_by,
        jobs=0,
        created_at=now,
    )
    return execute(session, row.on_conflict_do_nothing(index_elements=["id"])) > 0


def record_subjects(
    session: Session, request_id: str, *, jobs: int, podcast_ids: list[int]
) -> None:
    """Record how many jobs a request has, and which feeds it polls."""
    of_request = update(ReingestRequest).where(col(ReingestRequest.id) == request_id)
    execute(session, of_request.values(jobs=jobs, podcast_ids=podcast_ids))


def pause_request(session: Session, request_id: str) -> bool:
    """Pause a request: start no more of its jobs. ``False`` if it was not running."""
    running = _in_state(request_id, RequestState.running)
    return execute(session, running.values(state=RequestState.paused)) > 0


def resume_request(session: Session, request_id: str) -> bool:
    """Resume a paused request. ``False`` if it was not paused."""
    paused = _in_state(request_id, RequestState.paused)
    return execute(session, paused.values(state=RequestState.running)) > 0


def cancel_request(session: Session, request_id: str, now: datetime) -> bool:
    """Cancel a request and its waiting jobs. ``False`` if it had ended before.

    Live jobs that the request also covers go on: they were wanted before it.
    """
    unfinished = _in_state(request_id, RequestState.running, RequestState.paused)
    if not execute(session, unfinished.values(state=RequestState.cancelled, finished_at=now)):
        return False
    of_request = update(Job).where(
        col(Job.request_id) == request_id,
        col(Job.state) == JobState.waiting,
        col(Job.priority) > LIVE_PRIORITY,
    )
    cancelled = of_request.values(
        state=JobState.done, outcome=Outcome.skipped, reason="cancelled", finished_at=now
    )
    execute(session, cancelled)
    return True


def _in_state(request_id: str, *states: RequestState) -> Update:
    return update(ReingestRequest).where(
        col(ReingestRequest.id) == request_id, col(ReingestRequest.state).in_(states)
    )


def close_finished_requests(session: Session, now: datetime) -> list[ClosedRequest]:
    """Close requests whose jobs and polls are done."""
    return fetch_all(session, _CLOSE, ClosedRequest, {"now": now})


def purge_requests(session: Session, before: datetime) -> int:
    """Delete requests that ended before a time; how many."""
    old = delete(ReingestRequest).where(col(ReingestRequest.finished_at) < before)
    return execute(session, old)
