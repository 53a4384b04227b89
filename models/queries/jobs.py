"""How the work stands: jobs, queues as rows, feeds that are due, and what failed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_JOBS = """
    SELECT j.id, j.kind, j.subject, e.title AS episode, p.title AS podcast, j.stage, j.state,
           j.outcome, NULLIF(j.reason, '') AS reason, NULLIF(j.message, '') AS message,
           j.attempts, j.worker_losses, j.run_after, j.started_at, j.finished_at, j.request_id
    FROM job j LEFT JOIN episode e ON e.id = j.subject AND j.kind = 'parse'
    LEFT JOIN podcast p ON p.id = e.podcast_id
    WHERE {chosen} ORDER BY j.id DESC
"""
_BY_STATE = text("""
    SELECT kind, state, count(*) AS jobs, min(created_at) AS oldest FROM job
    WHERE state <> 'done' GROUP BY 1, 2 ORDER BY 1, 2
""")
_TOTALS = text("""
    SELECT (SELECT count(*) FROM podcast
            WHERE state NOT IN ('removed', 'duplicate', 'pending', 'refused')) AS podcasts,
           (SELECT count(*) FROM episode WHERE duplicate_of IS NULL) AS episodes,
           (SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s
            JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
            WHERE e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate'))
               AS appearances,
           (SELECT count(*) FROM person WHERE state = 'active' AND appearances > 0) AS people,
           (SELECT count(*) FROM crawl WHERE next_poll_at <= :now) AS feeds_due,
           (SELECT count(*) FROM crawl WHERE claim_token IS NOT NULL) AS feeds_polled_now,
           (SELECT count(*) FROM crawl c JOIN podcast p ON p.id = c.podcast_id
            WHERE c.error_count > 0 AND p.state IN ('active', 'gone')) AS feeds_failing
""")
_OPEN_REQUESTS = text("""
    SELECT q.id, q.stage, q.state, q.jobs, (SELECT count(*) FROM job j
        WHERE j.request_id = q.id AND j.state IN ('waiting', 'running')) AS jobs_left, q.created_at
    FROM reingest_request q WHERE q.state IN ('running', 'paused') ORDER BY q.created_at, q.id
""")
_HALTED = text("SELECT name, state, since, requested_by FROM queue_pause ORDER BY name")
# Work of some podcasts that is still to be done soon: a job that waits for its next attempt after
# a failure is not, it is shown as failed; nor is a feed whose host asked to be left alone, which
# may be for a day.
_PENDING = text("""
    SELECT (SELECT count(*) FROM crawl c JOIN host h ON h.id = c.host_id
            WHERE c.podcast_id = ANY(:podcasts) AND (c.claim_token IS NOT NULL
                OR c.next_poll_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now)) AS feeds,
           (SELECT count(*) FROM job j JOIN episode e ON e.id = j.subject
            WHERE j.kind = 'parse' AND e.podcast_id = ANY(:podcasts)
                AND (j.state = 'running' OR j.state = 'waiting' AND j.run_after <= :now)) AS jobs,
           (SELECT count(*) FROM job j JOIN episode e ON e.id = j.subject
            WHERE j.kind = 'parse' AND e.podcast_id = ANY(:podcasts) AND j.created_at >= :since)
               AS asked
""")
_PENDING_JOBS = text("""
    SELECT count(*) FROM job
    WHERE request_id = :request_id
        AND (state = 'running' OR state = 'waiting' AND run_after <= :now)
""")
_FAILED_FEEDS = text("""
    SELECT p.feed_url AS subject, coalesce(c.last_error_reason, 'host_rate_limited') AS reason,
           coalesce(c.last_error, 'its host asked to be left alone') AS message,
           CASE WHEN c.next_poll_at IS NOT NULL
                THEN greatest(c.next_poll_at, h.next_allowed_at) END AS retry_at
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id JOIN host h ON h.id = c.host_id
    WHERE c.podcast_id = ANY(:podcasts) AND (c.last_error_reason IS NOT NULL
        OR c.next_poll_at <= :now AND h.next_allowed_at > :now)
    ORDER BY p.id
""")
# What a later job of the same subject has made good is no failure any more.
_FAILED_JOBS = text("""
    SELECT coalesce(p.title || ': ' || e.title, 'job ' || j.id) AS subject, j.reason, j.message,
           CASE WHEN j.state = 'waiting' THEN j.run_after END AS retry_at
    FROM job j LEFT JOIN episode e ON e.id = j.subject AND j.kind = 'parse'
    LEFT JOIN podcast p ON p.id = e.podcast_id
    WHERE (e.podcast_id = ANY(:podcasts) OR j.request_id = :request_id)
        AND (j.state = 'dead' OR j.state = 'waiting' AND j.attempts + j.worker_losses > 0)
        AND NOT EXISTS (SELECT FROM job l
            WHERE l.kind = j.kind AND l.subject = j.subject AND l.id > j.id)
    ORDER BY j.id
""")


def jobs(
    session: Session,
    *,
    states: Sequence[str] = (),
    reason: str | None = None,
    podcast_id: int | None = None,
    limit: int = 0,
) -> list[dict[str, Any]]:
    """Jobs, the newest first: of these states, with this reason, of this podcast, or all."""
    wanted: dict[str, tuple[str, Any]] = {
        "states": ("j.state = ANY(:states)", list(states)),
        "reason": ("j.reason = :reason", reason),
        "podcast_id": ("e.podcast_id = :podcast_id", podcast_id),
    }
    wanted = {name: (clause, value) for name, (clause, value) in wanted.items() if value}
    query = _JOBS.format(chosen=" AND ".join(["true", *(clause for clause, _ in wanted.values())]))
    asked: dict[str, Any] = {name: value for name, (_, value) in wanted.items()}
    if limit:
        query, asked = query + " LIMIT :limit", asked | {"limit": limit}
    return [dict(row) for row in session.connection().execute(text(query), asked).mappings()]


def status(session: Session, now: datetime) -> dict[str, Any]:
    """The figures of the whole, and the work that is not done."""
    totals = session.connection().execute(_TOTALS, {"now": now}).mappings().one()
    by_state = session.connection().execute(_BY_STATE).mappings()
    halted = session.connection().execute(_HALTED).mappings()
    requests = session.connection().execute(_OPEN_REQUESTS).mappings()
    return dict(totals) | {
        "jobs": [dict(row) for row in by_state],
        "halted_queues": [dict(row) for row in halted],
        "requests": [dict(row) for row in requests],
    }


def pending(
    session: Session, podcast_ids: Sequence[int], since: datetime, now: datetime
) -> dict[str, int]:
    """What is still to be done for these podcasts, and the jobs asked for ``since``."""
    asked = {"podcasts": list(podcast_ids), "since": since, "now": now}
    return dict(session.connection().execute(_PENDING, asked).mappings().one())


def pending_jobs(session: Session, request_id: str, now: datetime) -> int:
    """How many jobs of a request are still to be done."""
    asked = {"request_id": request_id, "now": now}
    count: int = session.connection().execute(_PENDING_JOBS, asked).scalar_one()
    return count


def failures(
    session: Session, podcast_ids: Sequence[int], now: datetime, request_id: str = ""
) -> list[dict[str, Any]]:
    """What failed of these podcasts and of a request: why, and when it is tried again."""
    asked = {"podcasts": list(podcast_ids), "request_id": request_id, "now": now}
    feeds = session.connection().execute(_FAILED_FEEDS, asked).mappings()
    failed = session.connection().execute(_FAILED_JOBS, asked).mappings()
    return [dict(row) for row in (*feeds, *failed)]
