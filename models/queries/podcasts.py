"""What is followed: podcasts with their health, and their episodes with what became of each."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_PODCASTS = """
    SELECT p.id, p.feed_url, p.title, p.state, coalesce(e.episodes, 0) AS episodes,
           coalesce(e.appearances, 0)::bigint AS appearances, c.last_ok_at,
           CASE WHEN c.last_error_reason IS NULL THEN NULL
                ELSE c.last_error_reason || ': ' || c.last_error END AS last_error
    FROM podcast p JOIN crawl c ON c.podcast_id = p.id
    LEFT JOIN (
        SELECT e.podcast_id, count(DISTINCT e.id) AS episodes, sum(s.appearances) AS appearances
        FROM episode e LEFT JOIN speaker s ON s.episode_id = e.id
        WHERE e.duplicate_of IS NULL GROUP BY e.podcast_id
    ) e ON e.podcast_id = p.id
    WHERE p.state NOT IN ('removed', 'duplicate'{hidden})
    ORDER BY p.id
"""

# An episode's state is that of its latest job; one that was never offered a transcript has none.
_EPISODES = """
    SELECT e.id, e.guid, e.title, e.published_at,
           CASE WHEN j.state = 'done' AND j.outcome IN ('ran', 'skipped', 'degraded')
                    AND t.id IS NOT NULL THEN 'counted'
                WHEN j.state = 'done' THEN coalesce(j.outcome, 'done')
                WHEN j.state = 'waiting' AND j.attempts + j.worker_losses > 0 THEN 'failed'
                ELSE coalesce(j.state, 'no_transcript') END AS state,
           CASE WHEN j.outcome IS NULL AND j.state IS NULL THEN 'none is offered'
                WHEN j.outcome IN ('ran', 'skipped')
                    THEN NULLIF(NULLIF(j.reason, 'unchanged'), '')
                ELSE NULLIF(concat_ws(': ', NULLIF(j.reason, ''), NULLIF(j.message, '')), '')
                END AS reason,
           coalesce(s.appearances, 0)::bigint AS appearances
    FROM episode e
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    LEFT JOIN LATERAL (
        SELECT state, outcome, reason, message, attempts, worker_losses FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1
    ) j ON true
    LEFT JOIN LATERAL (
        SELECT sum(appearances) AS appearances FROM speaker WHERE episode_id = e.id
    ) s ON true
    WHERE {chosen} ORDER BY e.id
"""


def podcasts(session: Session, *, everything: bool = False, limit: int = 0) -> list[dict[str, Any]]:
    """What is followed; with ``everything`` also what was asked for and is pending or refused."""
    hidden = "" if everything else ", 'pending', 'refused'"
    return _rows(session, _PODCASTS.format(hidden=hidden), {}, limit)


def episodes(
    session: Session, *, podcast_id: int | None = None, limit: int = 0
) -> list[dict[str, Any]]:
    """Episodes, oldest row first, each with its state, why it is in it, and its appearances."""
    chosen = "e.duplicate_of IS NULL"
    asked: dict[str, Any] = {}
    if podcast_id is not None:
        chosen, asked = f"{chosen} AND e.podcast_id = :podcast_id", {"podcast_id": podcast_id}
    return _rows(session, _EPISODES.format(chosen=chosen), asked, limit)


def _rows(session: Session, query: str, asked: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    if limit:
        query, asked = query + " LIMIT :limit", asked | {"limit": limit}
    return [dict(row) for row in session.connection().execute(text(query), asked).mappings()]
