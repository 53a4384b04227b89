"""How far podcasts have come, from asked for to counted."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from models.queries.sql import Row, rows

_PROGRESS = """
    SELECT p.id, p.title, p.feed_url, p.state, c.polled_at, c.last_ok_at, c.next_poll_at,
           c.last_error_reason AS reason, c.last_error AS message, n.episodes, n.jobs, n.done,
           n.failed, n.counted, n.appearances
    FROM podcast p LEFT JOIN crawl c ON c.podcast_id = p.id
    CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, count(j.state) AS jobs,
               count(*) FILTER (WHERE j.state = 'done') AS done,
               count(*) FILTER (WHERE j.state = 'dead'
                   OR j.state = 'waiting' AND j.run_after > :now) AS failed,
               count(*) FILTER (WHERE s.appearances > 0) AS counted,
               coalesce(sum(s.appearances), 0)::bigint AS appearances
        FROM episode e
        LEFT JOIN LATERAL (
            SELECT state, run_after FROM job WHERE kind = 'parse' AND subject = e.id
            ORDER BY id DESC LIMIT 1
        ) j ON true
        LEFT JOIN LATERAL (
            SELECT sum(appearances) AS appearances FROM speaker WHERE episode_id = e.id
        ) s ON true
        WHERE e.podcast_id = p.id AND e.duplicate_of IS NULL
    ) n
    WHERE p.id = ANY(:ids) ORDER BY p.id
"""


def progress(session: Session, podcast_ids: Sequence[int], now: datetime) -> list[Row]:
    """Each podcast with its look, its episodes, and the transcripts read, failed and counted."""
    return rows(session, _PROGRESS, ids=list(podcast_ids), now=now)
