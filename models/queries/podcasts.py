"""Podcasts with their health, and episodes with the state of their transcripts."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE, original_episode

_PODCASTS = f"""
    SELECT p.id, p.feed_url, p.title, p.state, p.privacy, coalesce(e.episodes, 0) AS episodes,
           coalesce(e.appearances, 0)::bigint AS appearances, c.last_ok_at,
           CASE WHEN c.last_error_reason IS NULL THEN NULL
                ELSE c.last_error_reason || ': ' || c.last_error END AS last_error
    FROM podcast p JOIN crawl c ON c.podcast_id = p.id
    LEFT JOIN (
        SELECT e.podcast_id, count(DISTINCT e.id) AS episodes, sum(s.appearances) AS appearances
        FROM episode e LEFT JOIN speaker s ON s.episode_id = e.id
        WHERE {original_episode()} GROUP BY e.podcast_id
    ) e ON e.podcast_id = p.id
    WHERE p.state <> ALL(:hidden) ORDER BY p.id LIMIT :limit
"""  # noqa: S608  constants of ours

# An episode's state is that of its latest job; without a listed transcript it has no job.
_EPISODES = f"""
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
           coalesce(s.appearances, 0)::bigint AS appearances, t.source
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    LEFT JOIN LATERAL (
        SELECT state, outcome, reason, message, attempts, worker_losses FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1
    ) j ON true
    LEFT JOIN LATERAL (
        SELECT sum(appearances) AS appearances FROM speaker WHERE episode_id = e.id
    ) s ON true
    WHERE {VISIBLE} AND (CAST(:podcast_id AS bigint) IS NULL OR e.podcast_id = :podcast_id)
    ORDER BY e.id LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class PodcastRow:
    """A podcast with its counts and its last error."""

    id: int
    feed_url: str
    title: str
    state: str
    privacy: str
    episodes: int
    appearances: int
    last_ok_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class EpisodeState:
    """An episode, the state of its transcript, the reason for it, and who made it."""

    of_episode: ClassVar = "id"

    id: int
    guid: str | None
    title: str
    published_at: datetime | None
    state: str
    reason: str | None
    appearances: int
    source: str | None


def podcasts(session: Session, *, everything: bool = False, limit: int = 0) -> list[PodcastRow]:
    """Followed podcasts by id; with ``everything`` also pending and refused ones; 0 is all."""
    hidden = ["removed", "duplicate", *([] if everything else ["pending", "refused"])]
    return fetch_all(session, _PODCASTS, PodcastRow, {"hidden": hidden, "limit": limit or None})


def episodes(
    session: Session, *, podcast_id: int | None = None, limit: int = 0
) -> list[EpisodeState]:
    """Visible episodes by id, of all podcasts or of one; 0 is all."""
    params = {"podcast_id": podcast_id, "limit": limit or None}
    return fetch_all(session, _EPISODES, EpisodeState, params)
