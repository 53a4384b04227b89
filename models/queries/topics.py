"""One topic: its figures, its timeline, and who speaks about it."""

from typing import Any

from sqlmodel import Session

from models.queries.person import bucket_for
from models.queries.sql import VISIBLE, Row, first, rows

_TOPIC = "SELECT id, name, slug FROM topic WHERE slug = :slug"
# An array is looked up in an index in one go; a join would read all of ``speaker``.
_ABOUT = f"""
    WITH about AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date FROM episode_topic x
        JOIN episode e ON e.id = x.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE x.topic_id = :id AND {VISIBLE}
    ), heard AS MATERIALIZED (
        SELECT s.episode_id, sum(s.appearances) AS appearances FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM about)) GROUP BY 1
    ), said AS (
        SELECT e.*, n.appearances FROM about e LEFT JOIN heard n ON n.episode_id = e.id
    )
"""  # noqa: S608  constants of ours
_FIGURES = f"""
    {_ABOUT}
    SELECT count(*) AS episodes, count(DISTINCT podcast_id) AS podcasts,
           coalesce(sum(appearances), 0)::bigint AS appearances,
           min(stats_date) AS first_on, max(stats_date) AS last_on FROM said
"""  # noqa: S608
_TIMELINE = f"""
    {_ABOUT}
    SELECT date_trunc(:bucket, stats_date::timestamp)::date AS bucket, podcast_id,
           sum(appearances)::bigint AS appearances, count(*) AS episodes
    FROM said WHERE appearances > 0 GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608
_PODCASTS = f"""
    {_ABOUT}
    SELECT p.id, p.title, p.feed_url, n.episodes, n.appearances FROM (
        SELECT podcast_id, count(*) AS episodes,
               coalesce(sum(appearances), 0)::bigint AS appearances FROM said GROUP BY 1
    ) n JOIN podcast p ON p.id = n.podcast_id ORDER BY 5 DESC, 1
"""  # noqa: S608
_PEOPLE = f"""
    {_ABOUT}
    SELECT o.name, o.slug, n.appearances, n.episodes FROM (
        SELECT s.person_id, sum(s.appearances)::bigint AS appearances,
               count(DISTINCT s.episode_id) AS episodes
        FROM speaker s WHERE s.episode_id = ANY(ARRAY(SELECT id FROM about))
            AND s.appearances > 0 AND s.person_id IS NOT NULL GROUP BY 1
    ) n JOIN person o ON o.id = n.person_id
    WHERE o.state = 'active' ORDER BY 3 DESC, o.slug LIMIT :limit
"""  # noqa: S608


def topic_of_slug(session: Session, slug: str) -> Row | None:
    """The topic under this address."""
    return first(session, _TOPIC, slug=slug)


def topic_figures(session: Session, topic_id: int) -> Row:
    """Its episodes and podcasts, and all segments spoken in them."""
    return first(session, _FIGURES, id=topic_id) or {}


def timeline_of_topic(session: Session, topic_id: int, bucket: str) -> list[Row]:
    """Segments spoken by day, week, month or year and podcast, oldest first."""
    return rows(session, _TIMELINE, id=topic_id, bucket=bucket)


def podcasts_of_topic(session: Session, topic_id: int) -> list[Row]:
    """The podcasts that speak about it, most first."""
    return rows(session, _PODCASTS, id=topic_id)


def people_of_topic(session: Session, topic_id: int, limit: int = 20) -> list[Row]:
    """Who speaks in its episodes, most first."""
    return rows(session, _PEOPLE, id=topic_id, limit=limit)


def topic_in_full(session: Session, topic_id: int) -> dict[str, Any]:
    """All of these: ``figures``, ``bucket`` and ``timeline``, ``podcasts``, ``people``."""
    figures = topic_figures(session, topic_id)
    bucket = bucket_for(figures["first_on"], figures["last_on"])
    return {
        "figures": figures,
        "bucket": bucket,
        "timeline": timeline_of_topic(session, topic_id, bucket),
        "podcasts": podcasts_of_topic(session, topic_id),
        "people": people_of_topic(session, topic_id),
    }
