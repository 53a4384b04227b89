"""One podcast and one episode: what is known of each, who speaks, and every word."""

from typing import Any

from sqlmodel import Session

from models.queries.appearances import Place
from models.queries.sql import VISIBLE, Row, first, rows

_PODCAST = """
    SELECT p.*, c.last_ok_at, c.polled_at, c.next_poll_at, c.error_count, c.failing_since,
           c.last_error_reason, c.last_error, c.last_status
    FROM podcast p LEFT JOIN crawl c ON c.podcast_id = p.id WHERE p.id = :id
"""
# An array is looked up in an index in one go; a join would read all of ``speaker``.
_FIGURES = """
    WITH mine AS MATERIALIZED (
        SELECT id, stats_date FROM episode WHERE podcast_id = :id AND duplicate_of IS NULL
    ), heard AS MATERIALIZED (
        SELECT episode_id, sum(appearances) AS appearances, sum(spoken_ms) AS spoken_ms,
               sum(appearances) FILTER (WHERE person_id IS NOT NULL) AS known,
               sum(appearances) FILTER (WHERE status = 'quarantined') AS quarantined
        FROM speaker WHERE episode_id = ANY(ARRAY(SELECT id FROM mine)) GROUP BY 1
    )
    SELECT count(*) AS episodes, count(*) FILTER (WHERE n.appearances > 0) AS counted,
           coalesce(sum(n.appearances), 0)::bigint AS appearances,
           coalesce(sum(n.known), 0)::bigint AS known,
           coalesce(sum(n.quarantined), 0)::bigint AS quarantined,
           coalesce(sum(n.spoken_ms), 0)::bigint AS spoken_ms,
           min(e.stats_date) AS first_on, max(e.stats_date) AS last_on
    FROM mine e LEFT JOIN heard n ON n.episode_id = e.id
"""
_PEOPLE = """
    SELECT o.id, o.name, o.slug, c.appearances, c.episodes, c.spoken_ms
    FROM person_podcast c JOIN person o ON o.id = c.person_id
    WHERE c.podcast_id = :id AND o.state = 'active' ORDER BY c.appearances DESC, o.slug LIMIT :limit
"""
# The middle of the gaps between the newest episodes, in days.
_RHYTHM = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS days FROM (
        SELECT extract(epoch FROM published_at - lag(published_at) OVER (ORDER BY published_at))
               / 86400.0 AS gap
        FROM (SELECT published_at FROM episode
              WHERE podcast_id = :id AND duplicate_of IS NULL AND published_at IS NOT NULL
              ORDER BY stats_date DESC, id DESC LIMIT 21) e
    ) g WHERE gap IS NOT NULL
"""
_TOPICS = """
    SELECT t.name, t.slug, count(*) AS episodes FROM episode e
    JOIN episode_topic x ON x.episode_id = e.id JOIN topic t ON t.id = x.topic_id
    WHERE {chosen} AND e.duplicate_of IS NULL GROUP BY t.id ORDER BY 3 DESC, t.slug LIMIT :limit
"""
# An episode's state is that of its latest job; one that was never offered a transcript has none.
_EPISODES = f"""
    SELECT e.id, e.title, e.stats_date, e.podcast_id, e.duration_ms, p.title AS podcast,
           p.feed_url, coalesce(n.appearances, 0)::bigint AS appearances, n.people,
           CASE WHEN n.appearances > 0 THEN 'counted'
                WHEN j.state IS NULL THEN 'no_transcript'
                WHEN j.state = 'done' THEN coalesce(j.reason, 'no_transcript')
                WHEN j.state = 'waiting' AND j.attempts + j.worker_losses > 0 THEN 'failed'
                ELSE j.state END AS state, j.reason
    FROM {{source}} JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN LATERAL (
        SELECT sum(s.appearances) AS appearances,
               array_agg(o.name ORDER BY s.appearances DESC, o.slug)
                   FILTER (WHERE o.id IS NOT NULL) AS people
        FROM speaker s LEFT JOIN person o ON o.id = s.person_id WHERE s.episode_id = e.id
    ) n ON true
    LEFT JOIN LATERAL (
        SELECT state, reason, attempts, worker_losses FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1
    ) j ON true
    WHERE {{chosen}} AND {VISIBLE} ORDER BY e.stats_date DESC, e.id DESC LIMIT :limit
"""  # noqa: S608  constants of ours
_EPISODE = """
    SELECT e.*, p.title AS podcast, p.feed_url, p.image AS podcast_image, p.state AS podcast_state,
           p.language AS podcast_language, t.language, t.type AS transcript_type, t.url AS
           transcript_url, t.source AS transcript_source, t.format AS transcript_format
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected WHERE e.id = :id
"""
_SPEAKERS = """
    SELECT s.*, o.name, o.slug AS person_slug
    FROM speaker s LEFT JOIN person o ON o.id = s.person_id
    WHERE s.episode_id = :id AND s.appearances > 0 ORDER BY s.appearances DESC, s.label
"""
_SEGMENTS = """
    SELECT id, speaker_id, position, start_ms, end_ms, text FROM appearance
    WHERE episode_id = :id AND position >= :begin ORDER BY position, id LIMIT :limit
"""
_STATE = """
    SELECT state, outcome, reason, message, run_after FROM job
    WHERE kind = 'parse' AND subject = :id ORDER BY id DESC LIMIT 1
"""
_BEFORE = """
    SELECT coalesce(min(position), 0) AS begin FROM (
        SELECT position FROM appearance WHERE episode_id = :id AND position < :begin
        ORDER BY position DESC LIMIT :limit
    ) p
"""
_APPEARANCE = """
    SELECT episode_id, (SELECT count(*) FROM appearance b
            WHERE b.episode_id = a.episode_id AND b.position < a.position) AS before
    FROM appearance a WHERE a.id = :id
"""
_NUMBERED = """
    SELECT position FROM appearance WHERE episode_id = :id ORDER BY position OFFSET :number LIMIT 1
"""


def podcast(session: Session, podcast_id: int) -> Row | None:
    """What the feed says of itself, and how looking at it goes."""
    return first(session, _PODCAST, id=podcast_id)


def podcast_figures(session: Session, podcast_id: int) -> Row:
    """Episodes, those that are counted, all segments, those of people, those in quarantine."""
    return first(session, _FIGURES, id=podcast_id) or {}


def people_of_podcast(session: Session, podcast_id: int, limit: int = 12) -> list[Row]:
    """Who speaks there, most first."""
    return rows(session, _PEOPLE, id=podcast_id, limit=limit)


def rhythm_days(session: Session, podcast_id: int) -> float | None:
    """How many days lie between two of the newest episodes, as a rule."""
    row = first(session, _RHYTHM, id=podcast_id)
    return row["days"] if row else None


def topics_of_podcast(session: Session, podcast_id: int, limit: int = 20) -> list[Row]:
    """What its episodes are about."""
    query = _TOPICS.format(chosen="e.podcast_id = :id")
    return rows(session, query, id=podcast_id, limit=limit)


def topics_of_episode(session: Session, episode_id: int, limit: int = 40) -> list[Row]:
    """What an episode is about."""
    return rows(session, _TOPICS.format(chosen="e.id = :id"), id=episode_id, limit=limit)


def episodes_of_podcast(
    session: Session, podcast_id: int, *, after: Place | None = None, limit: int = 25
) -> list[Row]:
    """Its episodes, newest first, each with who speaks or why nobody is counted."""
    return _page(session, "episode e", "e.podcast_id = :id", podcast_id, after, limit)


def episodes_of_topic(
    session: Session, topic_id: int, *, after: Place | None = None, limit: int = 25
) -> list[Row]:
    """The episodes about a topic, likewise."""
    source = "episode_topic x JOIN episode e ON e.id = x.episode_id"
    return _page(session, source, "x.topic_id = :id", topic_id, after, limit)


def _page(
    session: Session, source: str, chosen: str, subject: int, after: Place | None, limit: int
) -> list[Row]:
    asked: dict[str, Any] = {"id": subject, "limit": limit}
    if after is not None:
        chosen += " AND (e.stats_date, e.id) < (:day, :episode_id)"
        asked |= {"day": after.day, "episode_id": after.episode_id}
    return rows(session, _EPISODES.format(source=source, chosen=chosen), **asked)


def episode(session: Session, episode_id: int) -> Row | None:
    """An episode with its podcast and the transcript that was read."""
    return first(session, _EPISODE, id=episode_id)


def speakers_of_episode(session: Session, episode_id: int) -> list[Row]:
    """Every voice, most first, with the person that it counts for, if it does."""
    return rows(session, _SPEAKERS, id=episode_id)


def segments(session: Session, episode_id: int, begin: int, limit: int) -> list[Row]:
    """So many segments in order, from a position on."""
    return rows(session, _SEGMENTS, id=episode_id, begin=begin, limit=limit)


def page_before(session: Session, episode_id: int, begin: int, limit: int) -> int:
    """The position at which the page before begins."""
    row = first(session, _BEFORE, id=episode_id, begin=begin, limit=limit)
    return row["begin"] if row else 0


def work_on_episode(session: Session, episode_id: int) -> Row | None:
    """The latest job on its transcript."""
    return first(session, _STATE, id=episode_id)


def place_of_appearance(session: Session, appearance_id: int) -> Row | None:
    """The episode of a segment, and how many stand before it."""
    return first(session, _APPEARANCE, id=appearance_id)


def position_of(session: Session, episode_id: int, number: int) -> int:
    """The position of the segment before which so many stand."""
    row = first(session, _NUMBERED, id=episode_id, number=number)
    return row["position"] if row else 0
