"""What a live page shows beside the status: what was done, the slowest, the last failures."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_DONE = text("""
    SELECT label, sum(count)::bigint AS times FROM metric_bucket
    WHERE name = 'event' AND label = ANY(:events) GROUP BY label
""")
_SLOWEST = text("""
    SELECT j.id, e.title AS episode, j.worker,
           extract(epoch FROM :now - j.started_at)::int AS seconds
    FROM job j LEFT JOIN episode e ON e.id = j.subject AND j.kind = 'parse'
    WHERE j.state = 'running' ORDER BY j.started_at LIMIT :limit
""")
_FAILURES = text("""
    SELECT finished_at, id, kind, subject, state, reason, message FROM (
        (SELECT * FROM job WHERE state = 'dead' ORDER BY id DESC LIMIT :limit)
        UNION ALL
        (SELECT * FROM job WHERE state = 'waiting' AND attempts + worker_losses > 0 LIMIT 200)
    ) failed ORDER BY finished_at DESC NULLS LAST LIMIT :limit
""")


def done_so_far(session: Session, events: list[str]) -> dict[str, int]:
    """How often each of these events was measured; two readings make a rate."""
    found = session.connection().execute(_DONE, {"events": events})
    return {row.label: row.times for row in found}


def slowest(session: Session, now: datetime, limit: int = 5) -> list[dict[str, Any]]:
    """The jobs that run for the longest, with their seconds."""
    asked = {"now": now, "limit": limit}
    return [dict(row) for row in session.connection().execute(_SLOWEST, asked).mappings()]


def last_failures(session: Session, limit: int = 5) -> list[dict[str, Any]]:
    """Jobs that failed and are not done, the latest first."""
    return [
        dict(row) for row in session.connection().execute(_FAILURES, {"limit": limit}).mappings()
    ]
