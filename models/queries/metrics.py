"""Figures for graphs and alerts, each from an index or a small table, within a bounded time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

# A graph with a hole is better than a database that is busy with graphs.
STATEMENT_MS = 2000

_JOBS = text("""
    SELECT kind, state, count(*) AS jobs, sum(attempts) AS attempts, sum(worker_losses) AS worker_losses,
           extract(epoch FROM :now - min(CASE WHEN state <> 'waiting'
               THEN coalesce(started_at, created_at)
               WHEN run_after <= :now THEN greatest(run_after, created_at) END))::float AS oldest
    FROM job WHERE state <> 'done' GROUP BY 1, 2
""")
_PODCASTS = text("SELECT state, count(*) AS podcasts FROM podcast GROUP BY 1")
_FEEDS = text("""
    SELECT (SELECT count(*) FROM crawl c JOIN podcast p ON p.id = c.podcast_id
            WHERE c.error_count > 0 AND p.state IN ('active', 'gone')) AS failing,
           (SELECT extract(epoch FROM :now - max(last_ok_at))::float FROM crawl) AS last_ok,
           pg_database_size(current_database()) AS bytes
""")
_MEASURED = text("SELECT name, label, bucket, count, total_ms FROM metric_bucket ORDER BY 1, 2, 3")


def bound(session: Session) -> None:
    """Let no statement of this transaction run for long."""
    session.connection().execute(text(f"SET LOCAL statement_timeout = {STATEMENT_MS}"))


def undone_jobs(session: Session, now: datetime) -> Sequence[dict[str, Any]]:
    """Jobs that are not done, by kind and state; ``oldest`` in seconds, of waiting ones if due."""
    return [dict(row) for row in session.connection().execute(_JOBS, {"now": now}).mappings()]


def podcasts_by_state(session: Session) -> dict[str, int]:
    """How many podcasts there are in each state."""
    return {row.state: row.podcasts for row in session.connection().execute(_PODCASTS)}


def feeds(session: Session, now: datetime) -> dict[str, Any]:
    """Feeds whose last look failed, seconds since any was well, and the size of all (bytes)."""
    return dict(session.connection().execute(_FEEDS, {"now": now}).mappings().one())


def measured(session: Session) -> Sequence[tuple[str, str, int, int, int]]:
    """What workers measured: name, label, bucket, count, milliseconds; in the order of the key."""
    return [tuple(row) for row in session.connection().execute(_MEASURED)]
