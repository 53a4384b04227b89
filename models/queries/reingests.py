"""Requests for re-ingests: what was asked, how far it is, and what it changed."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_REQUESTS = text("""
    SELECT id, scope, stage, state, NULLIF(reason, '') AS reason, NULLIF(message, '') AS message,
           requested_by, jobs, cardinality(podcast_ids) AS feeds, created_at, finished_at,
           (SELECT count(*) FROM job j WHERE j.request_id = q.id
                AND j.state IN ('waiting', 'running')) AS jobs_left
    FROM reingest_request q ORDER BY created_at DESC, id LIMIT :limit
""")
_REQUEST = text("""
    SELECT id, scope, stage, state, NULLIF(reason, '') AS reason, NULLIF(message, '') AS message,
           requested_by, jobs, cardinality(podcast_ids) AS feeds, created_at, finished_at,
           (SELECT count(*) FROM crawl c WHERE c.podcast_id = ANY(q.podcast_ids)
                AND c.next_poll_at IS NOT NULL AND coalesce(c.polled_at < q.created_at, true))
               AS feeds_left, counts
    FROM reingest_request q WHERE id = :id
""")
_PODCASTS = text("SELECT unnest(podcast_ids) FROM reingest_request WHERE id = :id")
_BY_STATE = text("""
    SELECT CASE WHEN state = 'waiting' AND attempts + worker_losses > 0 THEN 'failed' ELSE state END
               AS state, count(*) AS jobs
    FROM job WHERE request_id = :id GROUP BY 1
""")
_FIGURES = text("""
    SELECT coalesce(sum((figures->>'inserted')::bigint), 0)::bigint AS inserted,
           coalesce(sum((figures->>'updated')::bigint), 0)::bigint AS updated,
           coalesce(sum((figures->>'moved')::bigint), 0)::bigint AS moved,
           coalesce(sum((figures->>'deleted')::bigint), 0)::bigint AS deleted,
           coalesce(sum((figures->>'repaired')::bigint), 0)::bigint AS repaired
    FROM job WHERE request_id = :id AND state = 'done'
""")
_REASONS = text("""
    SELECT reason, count(*) AS jobs, min(run_after) FILTER (WHERE state = 'waiting') AS retry_at
    FROM job WHERE request_id = :id AND (state = 'dead' OR state = 'waiting'
        AND attempts + worker_losses > 0)
    GROUP BY 1 ORDER BY 2 DESC, 1
""")
STATES = ("waiting", "running", "failed", "done", "dead")


def requests(session: Session, *, limit: int = 50) -> list[dict[str, Any]]:
    """Requests, the newest first; 0 is all."""
    rows = session.connection().execute(_REQUESTS, {"limit": limit or None}).mappings()
    return [dict(row) for row in rows]


def podcasts_of(session: Session, request_id: str) -> list[int]:
    """The podcasts whose feeds are looked at for a request."""
    return list(session.connection().execute(_PODCASTS, {"id": request_id}).scalars())


def request(session: Session, request_id: str) -> dict[str, Any] | None:
    """One request: its jobs by state, what failed of it, and what it has changed so far.

    ``superseded`` are jobs that a later request for the same episodes took over, or whose record
    is too old to be kept.
    """
    asked = {"id": request_id}
    row = session.connection().execute(_REQUEST, asked).mappings().first()
    if row is None:
        return None
    found, kept = dict(row), row["counts"]
    del found["counts"]
    counted = {each.state: each.jobs for each in session.connection().execute(_BY_STATE, asked)}
    by_state = counted or (kept if found["finished_at"] else {})
    states = {state: by_state.get(state, 0) for state in STATES}
    if found["state"] == "done" and states["waiting"] + states["running"] + states["failed"]:
        found["state"] = "running"  # what was dead is tried again
    return found | {
        "jobs_by_state": states | {"superseded": max(0, found["jobs"] - sum(states.values()))},
        "changed": dict(session.connection().execute(_FIGURES, asked).mappings().one()),
        "failures": [
            dict(each) for each in session.connection().execute(_REASONS, asked).mappings()
        ],
    }
