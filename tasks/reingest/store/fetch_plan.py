"""What a re-ingest from the stage ``fetch`` would request, found without a request."""

from dataclasses import dataclass
from datetime import datetime

from models.database import Session
from models.database.sql import fetch_all
from tasks.reingest.values import Subjects

# The last fetch of an episode is its latest job that fetched; records of jobs are deleted in time.
# Hosts are without a user's name and password.
_TRANSCRIPTS = """
    WITH listed AS (
        SELECT t.episode_id, t.url, substring(t.url FROM '^[^:]+://(?:[^/?#]*@)?([^/?#]*)') AS host
        FROM transcript t WHERE t.episode_id = ANY(:episodes)
            AND t.source = 'publisher' AND (t.is_listed OR t.is_selected)
    ), fetched AS (
        SELECT subject, max(finished_at) AS at FROM job
        WHERE kind = 'parse' AND subject = ANY(:episodes) AND stage = 'fetch' AND state = 'done'
            AND (outcome IN ('ran', 'degraded') OR outcome = 'skipped' AND reason = 'unchanged')
        GROUP BY subject
    )
    SELECT lower(coalesce(host, '')) AS host, GROUPING(lower(coalesce(host, ''))) = 1 AS is_total,
           count(DISTINCT l.episode_id) AS episodes, count(*) AS transcripts,
           count(DISTINCT l.episode_id) FILTER (WHERE f.at IS NULL) AS unrecorded,
           min(f.at) AS oldest
    FROM listed l LEFT JOIN fetched f ON f.subject = l.episode_id
    GROUP BY GROUPING SETS ((lower(coalesce(host, ''))), ()) ORDER BY transcripts DESC, host
"""
_FEEDS = """
    SELECT h.name AS host, GROUPING(h.name) = 1 AS is_total, count(*) AS feeds,
           min(c.last_ok_at) AS oldest
    FROM crawl c JOIN host h ON h.id = c.host_id WHERE c.podcast_id = ANY(:podcasts)
    GROUP BY GROUPING SETS ((h.name), ()) ORDER BY feeds DESC, host
"""


@dataclass(frozen=True, slots=True)
class TranscriptFetches:
    """Transcripts of one host, or of all (``is_total``), that a re-ingest may fetch.

    ``oldest`` is the fetch that is longest ago of each episode's last one; ``unrecorded`` episodes
    have no record of a fetch.
    """

    host: str
    is_total: bool
    episodes: int
    transcripts: int
    unrecorded: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class FeedFetches:
    """Feeds of one host, or of all, that are polled; ``oldest`` is the longest ago of successes."""

    host: str
    is_total: bool
    feeds: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """The requests that a re-ingest would make, by host and in all.

    Of each episode at least one transcript is fetched, and further ones until one names people.
    ``without_request`` are episodes whose transcripts were all made from audio and are stored.
    """

    transcripts: TranscriptFetches
    by_host: list[TranscriptFetches]
    feeds: FeedFetches
    feeds_by_host: list[FeedFetches]
    without_request: int


def planned_fetches(session: Session, subjects: Subjects) -> FetchPlan:
    """What a re-ingest of these subjects would request from publishers."""
    episodes = sorted({one for ids in subjects.episodes.values() for one in ids})
    hosts = fetch_all(session, _TRANSCRIPTS, TranscriptFetches, {"episodes": episodes})
    feeds = fetch_all(session, _FEEDS, FeedFetches, {"podcasts": subjects.podcast_ids})
    total = next(one for one in hosts if one.is_total)
    return FetchPlan(
        total,
        [one for one in hosts if not one.is_total],
        next(one for one in feeds if one.is_total),
        [one for one in feeds if not one.is_total],
        len(episodes) - total.episodes,
    )
