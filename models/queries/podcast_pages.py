"""The pages of one podcast and of one episode: details, speakers, segments, topics."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from models.database.sql import fetch_all, fetch_one, fetch_only, fetch_value
from models.queries.appearances import AppearanceCursor
from models.queries.visibility import VISIBLE, original_episode
from models.tables.speaker import Appearance

_PODCAST = """
    SELECT p.id, p.title, p.feed_url, p.link, p.description, p.author, p.language, p.image,
           p.state, p.duplicate_of, p.added_at, c.last_ok_at, c.next_poll_at, c.last_error_reason
    FROM podcast p LEFT JOIN crawl c ON c.podcast_id = p.id WHERE p.id = :id
"""
# An array uses an index of ``speaker``; a join would scan the whole table.
_COUNTS = f"""
    WITH mine AS MATERIALIZED (
        SELECT e.id, e.stats_date FROM episode e
        WHERE e.podcast_id = :id AND {original_episode()}
    ), spoken AS MATERIALIZED (
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
    FROM mine e LEFT JOIN spoken n ON n.episode_id = e.id
"""  # noqa: S608  constants of ours
_PEOPLE = """
    SELECT o.id, o.name, o.slug, c.appearances, c.episodes, c.spoken_ms
    FROM person_podcast c JOIN person o ON o.id = c.person_id
    WHERE c.podcast_id = :id AND o.state = 'active' ORDER BY c.appearances DESC, o.slug LIMIT :limit
"""
# The median gap between the newest episodes, in days.
_PUBLISH_INTERVAL = f"""
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY gap) AS days FROM (
        SELECT extract(epoch FROM published_at - lag(published_at) OVER (ORDER BY published_at))
               / 86400.0 AS gap
        FROM (SELECT e.published_at FROM episode e
              WHERE e.podcast_id = :id AND {original_episode()} AND e.published_at IS NOT NULL
              ORDER BY e.stats_date DESC, e.id DESC LIMIT 21) e
    ) g WHERE gap IS NOT NULL
"""  # noqa: S608  constants of ours
_TOPICS = f"""
    SELECT t.name, t.slug, count(*) AS episodes FROM episode e
    JOIN episode_topic x ON x.episode_id = e.id JOIN topic t ON t.id = x.topic_id
    WHERE {{chosen}} AND {original_episode()} GROUP BY t.id ORDER BY 3 DESC, t.slug LIMIT :limit
"""  # noqa: S608  constants of ours
# An episode's state is that of its latest job; without a listed transcript it has no job.
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
    SELECT e.id, e.title, e.link, e.description, e.image, e.stats_date, e.duration_ms, e.audio_url,
           e.duplicate_of, e.podcast_id, p.title AS podcast, p.feed_url, p.image AS podcast_image,
           p.state AS podcast_state, p.language AS podcast_language, t.language,
           t.url AS transcript_url, t.source AS transcript_source, t.format AS transcript_format
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected WHERE e.id = :id
"""
_SPEAKERS = """
    SELECT s.id, s.label, s.role, s.source, s.method, s.reason, s.status, s.confidence, s.evidence,
           s.appearances, s.spoken_ms, o.name, o.slug AS person_slug
    FROM speaker s LEFT JOIN person o ON o.id = s.person_id
    WHERE s.episode_id = :id AND s.appearances > 0 ORDER BY s.appearances DESC, s.label
"""
_SEGMENTS = """
    SELECT id, speaker_id, position, start_ms, end_ms, text FROM appearance
    WHERE episode_id = :id AND position >= :begin ORDER BY position, id LIMIT :limit
"""
_JOB = """
    SELECT state, outcome, reason, run_after FROM job
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


@dataclass(frozen=True, slots=True)
class PodcastDetails:
    """What a feed says of its podcast, and how its polls go."""

    id: int
    title: str
    feed_url: str
    link: str | None
    description: str
    author: str
    language: str | None
    image: str | None
    state: str
    duplicate_of: int | None
    added_at: datetime
    last_ok_at: datetime | None
    next_poll_at: datetime | None
    last_error_reason: str | None


@dataclass(frozen=True, slots=True)
class PodcastCounts:
    """Counts of a podcast's episodes and segments.

    ``counted`` are episodes with segments; ``appearances`` are all segments, ``known`` those that
    are attributed to people, ``quarantined`` those in quarantine.
    """

    episodes: int
    counted: int
    appearances: int
    known: int
    quarantined: int
    spoken_ms: int
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class PodcastPerson:
    """A person's counts in one podcast."""

    id: int
    name: str
    slug: str
    appearances: int
    episodes: int
    spoken_ms: int


@dataclass(frozen=True, slots=True)
class EpisodeTopicRow:
    """A topic of episodes, and of how many."""

    name: str
    slug: str
    episodes: int


@dataclass(frozen=True, slots=True)
class EpisodeRow:
    """An episode in a list, with the people who speak, or the state of its transcript."""

    id: int
    title: str
    stats_date: date
    podcast_id: int
    duration_ms: int | None
    podcast: str
    feed_url: str
    appearances: int
    people: list[str] | None
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class EpisodeDetails:
    """An episode with its podcast and its selected transcript."""

    id: int
    title: str
    link: str | None
    description: str
    image: str | None
    stats_date: date
    duration_ms: int | None
    audio_url: str | None
    duplicate_of: int | None
    podcast_id: int
    podcast: str
    feed_url: str
    podcast_image: str | None
    podcast_state: str
    podcast_language: str | None
    language: str | None
    transcript_url: str | None
    transcript_source: str | None
    transcript_format: str | None


@dataclass(frozen=True, slots=True)
class EpisodeSpeaker:
    """A speaker of an episode; ``name`` and ``person_slug`` are of the attributed person."""

    id: int
    label: str
    role: str
    source: str
    method: str
    reason: str
    status: str
    confidence: float
    evidence: str
    appearances: int
    spoken_ms: int
    name: str | None
    person_slug: str | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment of a transcript; times in milliseconds from the beginning of the audio."""

    id: int
    speaker_id: int
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptJob:
    """The latest job on an episode's transcript."""

    state: str
    outcome: str | None
    reason: str | None
    run_after: datetime


@dataclass(frozen=True, slots=True)
class AppearancePosition:
    """The episode of an appearance, and how many segments precede it."""

    episode_id: int
    before: int


def podcast(session: Session, podcast_id: int) -> PodcastDetails | None:
    """One podcast, in whatever state it is."""
    return fetch_one(session, _PODCAST, PodcastDetails, {"id": podcast_id})


def podcast_counts(session: Session, podcast_id: int) -> PodcastCounts:
    """Counts of a podcast that is visible."""
    return fetch_only(session, _COUNTS, PodcastCounts, {"id": podcast_id})


def people_of_podcast(session: Session, podcast_id: int, limit: int = 12) -> list[PodcastPerson]:
    """The people who speak in a podcast, most appearances first."""
    return fetch_all(session, _PEOPLE, PodcastPerson, {"id": podcast_id, "limit": limit})


def publish_interval_days(session: Session, podcast_id: int) -> float | None:
    """The median number of days between the newest episodes."""
    days: float | None = fetch_value(session, _PUBLISH_INTERVAL, {"id": podcast_id})
    return days


def topics_of_podcast(session: Session, podcast_id: int, limit: int = 20) -> list[EpisodeTopicRow]:
    """The topics of a podcast's episodes, most frequent first."""
    query = _TOPICS.format(chosen="e.podcast_id = :id")
    return fetch_all(session, query, EpisodeTopicRow, {"id": podcast_id, "limit": limit})


def topics_of_episode(session: Session, episode_id: int, limit: int = 40) -> list[EpisodeTopicRow]:
    """The topics of an episode."""
    query = _TOPICS.format(chosen="e.id = :id")
    return fetch_all(session, query, EpisodeTopicRow, {"id": episode_id, "limit": limit})


def episodes_of_podcast(
    session: Session, podcast_id: int, *, after: AppearanceCursor | None = None, limit: int = 25
) -> list[EpisodeRow]:
    """A page of a podcast's episodes, newest first."""
    return _page(session, "episode e", "e.podcast_id = :id", podcast_id, after, limit)


def episodes_of_topic(
    session: Session, topic_id: int, *, after: AppearanceCursor | None = None, limit: int = 25
) -> list[EpisodeRow]:
    """A page of the episodes about a topic, newest first."""
    source = "episode_topic x JOIN episode e ON e.id = x.episode_id"
    return _page(session, source, "x.topic_id = :id", topic_id, after, limit)


def _page(
    session: Session,
    source: str,
    chosen: str,
    subject_id: int,
    after: AppearanceCursor | None,
    limit: int,
) -> list[EpisodeRow]:
    params: dict[str, Any] = {"id": subject_id, "limit": limit}
    if after is not None:
        chosen += " AND (e.stats_date, e.id) < (:day, :episode_id)"
        params |= {"day": after.day, "episode_id": after.episode_id}
    return fetch_all(session, _EPISODES.format(source=source, chosen=chosen), EpisodeRow, params)


def episode(session: Session, episode_id: int) -> EpisodeDetails | None:
    """One episode, in whatever state its podcast is."""
    return fetch_one(session, _EPISODE, EpisodeDetails, {"id": episode_id})


def speakers_of_episode(session: Session, episode_id: int) -> list[EpisodeSpeaker]:
    """Every speaker with segments, most appearances first."""
    return fetch_all(session, _SPEAKERS, EpisodeSpeaker, {"id": episode_id})


def segments(session: Session, episode_id: int, begin: int, limit: int) -> list[SegmentRow]:
    """Segments in order, from a position on."""
    params = {"id": episode_id, "begin": begin, "limit": limit}
    return fetch_all(session, _SEGMENTS, SegmentRow, params)


def page_before(session: Session, episode_id: int, begin: int, limit: int) -> int:
    """The position at which the previous page begins."""
    params = {"id": episode_id, "begin": begin, "limit": limit}
    return int(fetch_value(session, _BEFORE, params))


def transcript_job(session: Session, episode_id: int) -> TranscriptJob | None:
    """The latest job on an episode's transcript."""
    return fetch_one(session, _JOB, TranscriptJob, {"id": episode_id})


def position_of_appearance(session: Session, appearance_id: int) -> AppearancePosition | None:
    """Where an appearance is in its episode."""
    return fetch_one(session, _APPEARANCE, AppearancePosition, {"id": appearance_id})


def position_after(session: Session, episode_id: int, number: int) -> int:
    """The position of the segment that so many segments precede; 0 if there is none."""
    query = select(Appearance.position).where(Appearance.episode_id == episode_id)
    ordered = query.order_by(col(Appearance.position)).offset(number)
    return session.exec(ordered).first() or 0
