"""One topic: its counts, its timeline, and the people who speak in its episodes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, select

from models.queries.person import TimelineRow, bucket_for
from models.queries.shown import fetch_all, fetch_only
from models.queries.visibility import VISIBLE
from models.tables.topic import Topic

# An array uses an index of ``speaker``; a join would scan the whole table.
_ABOUT = f"""
    WITH about AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date FROM episode_topic x
        JOIN episode e ON e.id = x.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE x.topic_id = :id AND {VISIBLE}
    ), spoken AS MATERIALIZED (
        SELECT s.episode_id, sum(s.appearances) AS appearances, sum(s.spoken_ms) AS spoken_ms
        FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM about)) GROUP BY 1
    ), counted AS (
        SELECT e.*, n.appearances, n.spoken_ms
        FROM about e LEFT JOIN spoken n ON n.episode_id = e.id
    )
"""  # noqa: S608  constants of ours
_COUNTS = f"""
    {_ABOUT}
    SELECT count(*) AS episodes, count(DISTINCT podcast_id) AS podcasts,
           coalesce(sum(appearances), 0)::bigint AS appearances,
           min(stats_date) AS first_on, max(stats_date) AS last_on FROM counted
"""  # noqa: S608  constants of ours
_TIMELINE = f"""
    {_ABOUT}
    SELECT date_trunc(:bucket, stats_date::timestamp)::date AS bucket, podcast_id,
           sum(appearances)::bigint AS appearances, count(*) AS episodes,
           sum(spoken_ms)::bigint AS spoken_ms
    FROM counted WHERE appearances > 0 GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants of ours
_PODCASTS = f"""
    {_ABOUT}
    SELECT p.id, p.title, p.feed_url, n.episodes, n.appearances FROM (
        SELECT podcast_id, count(*) AS episodes,
               coalesce(sum(appearances), 0)::bigint AS appearances FROM counted GROUP BY 1
    ) n JOIN podcast p ON p.id = n.podcast_id ORDER BY 5 DESC, 1
"""  # noqa: S608  constants of ours
_PEOPLE = f"""
    {_ABOUT}
    SELECT o.name, o.slug, n.appearances, n.episodes FROM (
        SELECT s.person_id, sum(s.appearances)::bigint AS appearances,
               count(DISTINCT s.episode_id) AS episodes
        FROM speaker s WHERE s.episode_id = ANY(ARRAY(SELECT id FROM about))
            AND s.appearances > 0 AND s.person_id IS NOT NULL GROUP BY 1
    ) n JOIN person o ON o.id = n.person_id
    WHERE o.state = 'active' ORDER BY 3 DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """Counts of a topic's visible episodes; ``appearances`` are all segments spoken."""

    episodes: int
    podcasts: int
    appearances: int
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class TopicPodcast:
    """A topic's episodes in one podcast."""

    id: int
    title: str
    feed_url: str
    episodes: int
    appearances: int


@dataclass(frozen=True, slots=True)
class TopicPerson:
    """A person's appearances in a topic's episodes."""

    name: str
    slug: str
    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class TopicDetails:
    """All that a topic's page shows; ``bucket`` is the length of a bar of the timeline."""

    counts: TopicCounts
    bucket: str
    timeline: Sequence[TimelineRow]
    podcasts: Sequence[TopicPodcast]
    people: Sequence[TopicPerson]


def topic_of_slug(session: Session, slug: str) -> Topic | None:
    """The topic with this slug."""
    return session.exec(select(Topic).where(Topic.slug == slug)).first()


def topic_details(session: Session, topic_id: int, *, people: int = 20) -> TopicDetails:
    """Counts, timeline, podcasts, and the people who speak most."""
    params = {"id": topic_id}
    counts = fetch_only(session, _COUNTS, TopicCounts, params)
    bucket = bucket_for(counts.first_on, counts.last_on)
    return TopicDetails(
        counts=counts,
        bucket=bucket,
        timeline=fetch_all(session, _TIMELINE, TimelineRow, params | {"bucket": bucket}),
        podcasts=fetch_all(session, _PODCASTS, TopicPodcast, params),
        people=fetch_all(session, _PEOPLE, TopicPerson, params | {"limit": people}),
    )
