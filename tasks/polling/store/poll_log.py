"""The history of looks as rows: a run of equal looks is one, written when it has ended."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

# The run on the crawl row is over; the same transaction puts the next one in its place. Locked,
# so that nobody takes the claim between the two.
_END_RUNS = text("""
    INSERT INTO poll_log (podcast_id, outcome, reason, status, message, polls, first_at, last_at,
                           new, changed, took_ms)
    SELECT podcast_id, streak_outcome, streak_reason, streak_status,
           CASE WHEN streak_reason IS NOT NULL THEN last_error END, streak_polls, streak_since, polled_at,
           streak_new, streak_changed, streak_took_ms
    FROM crawl WHERE podcast_id = ANY(:ids) AND claim_token = :claim AND streak_polls > 0
    ORDER BY podcast_id FOR NO KEY UPDATE
""")
_TRIM = text("""
    WITH old AS MATERIALIZED (
        SELECT l.id FROM unnest(CAST(:ids AS bigint[])) AS p (id) CROSS JOIN LATERAL (
            SELECT id FROM poll_log WHERE podcast_id = p.id ORDER BY id DESC OFFSET :keep) l)
    DELETE FROM poll_log USING old WHERE poll_log.id = old.id
""")
_LOST = text("""
    INSERT INTO poll_log (podcast_id, outcome, reason, message, polls, first_at, last_at,
                           new, changed, took_ms)
    SELECT id, 'failed', 'poll_worker_lost', 'the process that polled this feed did not come back',
           1, :now, :now, 0, 0, 0
    FROM unnest(CAST(:ids AS bigint[])) AS p (id)
""")
_FORGET = text("""
    WITH old AS MATERIALIZED (
        SELECT id FROM poll_log WHERE last_at < :before ORDER BY last_at LIMIT 50000)
    DELETE FROM poll_log USING old WHERE poll_log.id = old.id
""")


def end_streaks(session: Session, podcast_ids: Sequence[int], claim_token: UUID, keep: int) -> None:
    """Put the present runs of these feeds into the history, of which ``keep`` runs are kept."""
    if not podcast_ids:
        return
    asked = {"ids": list(podcast_ids), "claim": claim_token, "keep": keep}
    session.connection().execute(_END_RUNS, asked)
    session.connection().execute(_TRIM, asked)


def log_lost_polls(session: Session, podcast_ids: Sequence[int], now: datetime) -> None:
    """Remember looks whose poller did not come back; the run before them goes on."""
    if podcast_ids:
        session.connection().execute(_LOST, {"ids": list(podcast_ids), "now": now})


def purge_poll_log(session: Session, before: datetime) -> int:
    """Delete runs that ended before a time, 50,000 at most; how many."""
    return session.connection().execute(_FORGET, {"before": before}).rowcount
