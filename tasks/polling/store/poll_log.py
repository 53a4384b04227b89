"""The poll log: a streak of polls with the same outcome is one row, written when it ends."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from models import PollLog
from models.database.sql import execute

# Copies the streak from the crawl row; the same transaction puts the next streak in its place. The
# lock prevents that the claim changes between the two.
_END_STREAKS = """
    INSERT INTO poll_log (podcast_id, outcome, reason, status, message, polls, first_at, last_at,
                          new, changed, took_ms)
    SELECT podcast_id, streak_outcome, streak_reason, streak_status,
           CASE WHEN streak_reason IS NOT NULL THEN last_error END, streak_polls, streak_since,
           polled_at, streak_new, streak_changed, streak_took_ms
    FROM crawl WHERE podcast_id = ANY(:ids) AND claim_token = :claim_token AND streak_polls > 0
    ORDER BY podcast_id FOR NO KEY UPDATE
"""
_TRIM = """
    WITH old AS MATERIALIZED (
        SELECT l.id FROM unnest(CAST(:ids AS bigint[])) AS p (id) CROSS JOIN LATERAL (
            SELECT id FROM poll_log WHERE podcast_id = p.id ORDER BY id DESC OFFSET :max_rows) l)
    DELETE FROM poll_log USING old WHERE poll_log.id = old.id
"""
_PURGE = """
    WITH old AS MATERIALIZED (
        SELECT id FROM poll_log WHERE last_at < :before ORDER BY last_at LIMIT 50000)
    DELETE FROM poll_log USING old WHERE poll_log.id = old.id
"""


def end_streaks(
    session: Session, podcast_ids: Sequence[int], claim_token: UUID, max_rows: int
) -> None:
    """Write the current streaks of these feeds to the log, and keep its latest rows only."""
    if not podcast_ids:
        return
    params = {"ids": list(podcast_ids), "claim_token": claim_token, "max_rows": max_rows}
    execute(session, _END_STREAKS, params)
    execute(session, _TRIM, params)


def log_lost_polls(session: Session, podcast_ids: Sequence[int], now: datetime) -> None:
    """Log polls whose worker was lost; the streak before them goes on."""
    lost = {
        "outcome": "failed",
        "reason": "poll_worker_lost",
        "message": "the process that polled this feed did not come back",
        "first_at": now,
        "last_at": now,
    }
    if podcast_ids:
        rows = [{"podcast_id": podcast_id, **lost} for podcast_id in podcast_ids]
        session.connection().execute(insert(PollLog), rows)


def purge_poll_log(session: Session, before: datetime) -> int:
    """Delete streaks that ended before a time, at most 50,000; returns how many."""
    return execute(session, _PURGE, {"before": before})
