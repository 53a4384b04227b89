"""Re-ingest requests: scope, progress, and what they changed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.database.sql import fetch_all, fetch_one, fetch_only
from models.tables.reingest import ReingestRequest

_REQUESTS = """
    SELECT id, scope, stage, state, NULLIF(reason, '') AS reason, NULLIF(message, '') AS message,
           requested_by, jobs, cardinality(podcast_ids) AS feeds, created_at, finished_at,
           (SELECT count(*) FROM job j WHERE j.request_id = q.id
                AND j.state IN ('waiting', 'running')) AS jobs_left
    FROM reingest_request q ORDER BY created_at DESC, id LIMIT :limit
"""
_REQUEST = """
    SELECT id, scope, stage, state, NULLIF(reason, '') AS reason, NULLIF(message, '') AS message,
           requested_by, jobs, cardinality(podcast_ids) AS feeds, created_at, finished_at,
           (SELECT count(*) FROM crawl c WHERE c.podcast_id = ANY(q.podcast_ids)
                AND c.next_poll_at IS NOT NULL AND coalesce(c.polled_at < q.created_at, true))
               AS feeds_left, counts
    FROM reingest_request q WHERE id = :id
"""
_BY_STATE = """
    SELECT CASE WHEN state = 'waiting' AND attempts + worker_losses > 0 THEN 'failed' ELSE state END
               AS state, count(*) AS jobs
    FROM job WHERE request_id = :id GROUP BY 1
"""
_CHANGED = """
    SELECT coalesce(sum((figures->>'inserted')::bigint), 0)::bigint AS inserted,
           coalesce(sum((figures->>'updated')::bigint), 0)::bigint AS updated,
           coalesce(sum((figures->>'moved')::bigint), 0)::bigint AS moved,
           coalesce(sum((figures->>'deleted')::bigint), 0)::bigint AS deleted,
           coalesce(sum((figures->>'repaired')::bigint), 0)::bigint AS repaired
    FROM job WHERE request_id = :id AND state = 'done'
"""
_REASONS = """
    SELECT reason, count(*) AS jobs, min(run_after) FILTER (WHERE state = 'waiting') AS retry_at
    FROM job WHERE request_id = :id AND (state = 'dead' OR state = 'waiting'
        AND attempts + worker_losses > 0)
    GROUP BY 1 ORDER BY 2 DESC, 1
"""
STATES = ("waiting", "running", "failed", "done", "dead")


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A re-ingest request in a list, with how many of its jobs are left."""

    id: str
    scope: dict[str, Any]
    stage: str
    state: str
    reason: str | None
    message: str | None
    requested_by: str
    jobs: int
    feeds: int
    created_at: datetime
    finished_at: datetime | None
    jobs_left: int


@dataclass(frozen=True, slots=True)
class _Request:
    id: str
    scope: dict[str, Any]
    stage: str
    state: str
    reason: str | None
    message: str | None
    requested_by: str
    jobs: int
    feeds: int
    created_at: datetime
    finished_at: datetime | None
    feeds_left: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _StateCount:
    state: str
    jobs: int


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """How many appearances the finished jobs of a request changed."""

    inserted: int
    updated: int
    moved: int
    deleted: int
    repaired: int


@dataclass(frozen=True, slots=True)
class FailureCount:
    """Failed jobs with one reason, and when the first of them is retried."""

    reason: str | None
    jobs: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestDetails:
    """A re-ingest request: jobs by state, what it changed so far, and its failures.

    ``superseded`` among the states are jobs that a later request for the same episodes replaced,
    or whose rows were purged.
    """

    id: str
    scope: dict[str, Any]
    stage: str
    state: str
    reason: str | None
    message: str | None
    requested_by: str
    jobs: int
    feeds: int
    created_at: datetime
    finished_at: datetime | None
    feeds_left: int
    jobs_by_state: dict[str, int]
    changed: ChangedRows
    failures: list[FailureCount]


def requests(session: Session, *, limit: int = 50) -> list[RequestRow]:
    """Re-ingest requests, newest first; 0 is all."""
    return fetch_all(session, _REQUESTS, RequestRow, {"limit": limit or None})


def podcasts_of(session: Session, request_id: str) -> list[int]:
    """The podcasts whose feeds a request polls again."""
    found = session.get(ReingestRequest, request_id)
    return found.podcast_ids if found else []


def request(session: Session, request_id: str) -> RequestDetails | None:
    """One re-ingest request with its progress."""
    params = {"id": request_id}
    row = fetch_one(session, _REQUEST, _Request, params)
    if row is None:
        return None
    by_state = _jobs_by_state(session, request_id) or (row.counts if row.finished_at else {})
    states = {state: by_state.get(state, 0) for state in STATES}
    unfinished = states["waiting"] + states["running"] + states["failed"]
    return RequestDetails(
        id=row.id,
        scope=row.scope,
        stage=row.stage,
        # A request is open again when its dead jobs are retried.
        state="running" if row.state == "done" and unfinished else row.state,
        reason=row.reason,
        message=row.message,
        requested_by=row.requested_by,
        jobs=row.jobs,
        feeds=row.feeds,
        created_at=row.created_at,
        finished_at=row.finished_at,
        feeds_left=row.feeds_left,
        jobs_by_state=states | {"superseded": max(0, row.jobs - sum(states.values()))},
        changed=fetch_only(session, _CHANGED, ChangedRows, params),
        failures=fetch_all(session, _REASONS, FailureCount, params),
    )


def _jobs_by_state(session: Session, request_id: str) -> dict[str, int]:
    """Jobs of a request by state; a job that waits to be retried is ``failed``."""
    rows = fetch_all(session, _BY_STATE, _StateCount, {"id": request_id})
    return {row.state: row.jobs for row in rows}
