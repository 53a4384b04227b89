"""The page of one podcast: details, people, topics, and lists of episodes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Integer, bindparam, false, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value
from models.queries.appearances import AppearanceCursor
from models.queries.person import TimelineRow
from models.queries.shown import fetch_all, fetch_one, fetch_only, is_revealed
from models.queries.visibility import VISIBLE, is_failing_feed, is_original, original_episode
from models.tables.episode import Episode
from models.tables.person import Person, PersonPodcast, PersonState
from models.tables.podcast import Crawl, Podcast
from models.tables.topic import EpisodeTopic, Topic

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
           count(*) FILTER (WHERE n.spoken_ms > 0) AS timed,
           min(e.stats_date) AS first_on, max(e.stats_date) AS last_on
    FROM mine e LEFT JOIN spoken n ON n.episode_id = e.id
"""  # noqa: S608  constants of ours
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


_TIMELINE = f"""
    SELECT date_trunc(:bucket, e.stats_date::timestamp)::date AS bucket, e.podcast_id,
           sum(s.appearances)::bigint AS appearances, count(DISTINCT e.id) AS episodes,
           sum(s.spoken_ms)::bigint AS spoken_ms
    FROM episode e JOIN speaker s ON s.episode_id = e.id
    WHERE e.podcast_id = :id AND {original_episode()} AND s.appearances > 0
    GROUP BY 1, 2 ORDER BY 1
"""  # noqa: S608  constants of ours
_NEWEST_PEOPLE = f"""
    SELECT o.name, o.slug, n.first_on FROM (
        SELECT s.person_id, min(e.stats_date) AS first_on
        FROM episode e JOIN speaker s ON s.episode_id = e.id
        WHERE e.podcast_id = :id AND {original_episode()} AND s.person_id IS NOT NULL
            AND s.appearances > 0
        GROUP BY 1
    ) n JOIN person o ON o.id = n.person_id WHERE o.state = 'active'
    ORDER BY n.first_on DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class PodcastDetails:
    """What a feed says of its podcast, and how its polls go."""

    of_podcast: ClassVar = "id"

    id: int
    title: str
    feed_url: str
    link: str | None
    description: str
    author: str
    language: str | None
    image: str | None
    state: str
    privacy: str
    duplicate_of: int | None
    added_at: datetime
    last_ok_at: datetime | None
    next_poll_at: datetime | None
    last_error_reason: str | None
    is_failing: bool


@dataclass(frozen=True, slots=True)
class PodcastCounts:
    """Counts of a podcast's episodes and segments.

    ``counted`` are episodes with segments, ``timed`` those of them with times; ``appearances`` are
    all segments, ``known`` those of people, ``quarantined`` those in quarantine.
    """

    episodes: int
    counted: int
    appearances: int
    known: int
    quarantined: int
    spoken_ms: int
    timed: int
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
class NewPodcastPerson:
    """A person, and the day on which they first speak in a podcast."""

    name: str
    slug: str
    first_on: date


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


_ID = bindparam("id", type_=BigInteger)
_LIMIT = bindparam("limit", type_=Integer)

_IS_FAILING = func.coalesce(is_failing_feed(), false())
_PODCAST = Compiled(
    select(*row_columns(PodcastDetails, Podcast, Crawl, is_failing=_IS_FAILING))
    .outerjoin(Crawl, col(Crawl.podcast_id) == Podcast.id)
    .where(col(Podcast.id) == _ID)
)
_PEOPLE = Compiled(
    select(*row_columns(PodcastPerson, PersonPodcast, Person))
    .join(Person, col(Person.id) == PersonPodcast.person_id)
    .where(col(PersonPodcast.podcast_id) == _ID, col(Person.state) == PersonState.active)
    .order_by(col(PersonPodcast.appearances).desc(), col(Person.slug))
    .limit(_LIMIT)
)
_TOPICS = (
    select(*row_columns(EpisodeTopicRow, Topic, episodes=func.count()))
    .select_from(Episode)
    .join(EpisodeTopic, col(EpisodeTopic.episode_id) == Episode.id)
    .join(Topic, col(Topic.id) == EpisodeTopic.topic_id)
    .where(is_original())
    .group_by(col(Topic.id))
    .order_by(func.count().desc(), col(Topic.slug))
    .limit(_LIMIT)
)
_TOPICS_OF_PODCAST = Compiled(_TOPICS.where(col(Episode.podcast_id) == _ID))
_TOPICS_OF_EPISODE = Compiled(_TOPICS.where(col(Episode.id) == _ID))


def podcast(session: Session, podcast_id: int) -> PodcastDetails | None:
    """One podcast, in whatever state it is."""
    return fetch_one(session, _PODCAST, PodcastDetails, {"id": podcast_id})


def fetched_url(session: Session, podcast_id: int) -> str | None:
    """The feed URL as it is fetched, with its secrets: only in a session that reveals them."""
    if not is_revealed(session):
        return None
    query = select(col(Crawl.url)).where(col(Crawl.podcast_id) == podcast_id)
    url: str | None = fetch_value(session, query)
    return url


def podcast_counts(session: Session, podcast_id: int) -> PodcastCounts:
    """Counts of a podcast that is visible."""
    return fetch_only(session, _COUNTS, PodcastCounts, {"id": podcast_id})


def podcast_languages(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The languages of podcasts by id, those that have one."""
    query = select(col(Podcast.id), col(Podcast.language)).where(col(Podcast.id).in_(ids))
    return {row.id: row.language for row in session.connection().execute(query) if row.language}


def people_of_podcast(session: Session, podcast_id: int, limit: int = 12) -> list[PodcastPerson]:
    """The people who speak in a podcast, most appearances first."""
    return fetch_all(session, _PEOPLE, PodcastPerson, {"id": podcast_id, "limit": limit})


def timeline_of_podcast(session: Session, podcast_id: int, bucket: str) -> list[TimelineRow]:
    """Appearances of all speakers of a podcast by day, week, month or year, oldest first."""
    params = {"id": podcast_id, "bucket": bucket}
    return fetch_all(session, _TIMELINE, TimelineRow, params, prepare=False)


def newest_people(session: Session, podcast_id: int, limit: int = 6) -> list[NewPodcastPerson]:
    """The people who spoke in a podcast for the first time, latest first."""
    params = {"id": podcast_id, "limit": limit}
    return fetch_all(session, _NEWEST_PEOPLE, NewPodcastPerson, params)


def publish_interval_days(session: Session, podcast_id: int) -> float | None:
    """The median number of days between the newest episodes."""
    days: float | None = fetch_value(session, _PUBLISH_INTERVAL, {"id": podcast_id})
    return days


def topics_of_podcast(session: Session, podcast_id: int, limit: int = 20) -> list[EpisodeTopicRow]:
    """The topics of a podcast's episodes, most frequent first."""
    params = {"id": podcast_id, "limit": limit}
    return fetch_all(session, _TOPICS_OF_PODCAST, EpisodeTopicRow, params)


def topics_of_episode(session: Session, episode_id: int, limit: int = 40) -> list[EpisodeTopicRow]:
    """The topics of an episode."""
    params = {"id": episode_id, "limit": limit}
    return fetch_all(session, _TOPICS_OF_EPISODE, EpisodeTopicRow, params)


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
