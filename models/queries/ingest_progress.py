"""Progress of added podcasts: from the first poll to counted transcripts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from models.database.sql import fetch_values
from models.queries.shown import fetch_all
from models.queries.visibility import original_episode
from models.tables.podcast import Podcast, PodcastState

_PROGRESS = f"""
    SELECT p.id, p.title, p.feed_url, p.state, c.last_ok_at, c.next_poll_at,
           c.last_error_reason AS reason, n.episodes, n.jobs, n.done, n.failed, n.counted,
           n.appearances
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
        WHERE e.podcast_id = p.id AND {original_episode()}
    ) n
    WHERE p.id = ANY(:ids) ORDER BY p.id
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """A podcast's episodes, and their transcript jobs: done, failed, and counted transcripts."""

    id: int
    title: str
    feed_url: str
    state: str
    last_ok_at: datetime | None
    next_poll_at: datetime | None
    reason: str | None
    episodes: int
    jobs: int
    done: int
    failed: int
    counted: int
    appearances: int


def newest_ids(session: Session, limit: int) -> list[int]:
    """The podcasts that were added last, whatever became of them; removed ones are left out."""
    added = select(col(Podcast.id)).where(col(Podcast.state) != PodcastState.removed)
    return fetch_values(session, added.order_by(col(Podcast.id).desc()).limit(limit))


def progress(session: Session, podcast_ids: Sequence[int], now: datetime) -> list[IngestProgress]:
    """How far each of these podcasts is, in the order of ids."""
    params = {"ids": list(podcast_ids), "now": now}
    return fetch_all(session, _PROGRESS, IngestProgress, params)
