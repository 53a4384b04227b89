"""One topic: its figures, its timeline, and who speaks about it."""

from sqlmodel import Session

from models.questions.asking import VISIBLE, Row, first, rows

_TOPIC = "SELECT id, name, slug FROM topic WHERE slug = :slug"
_ABOUT = f"""
    FROM episode_topic x JOIN episode e ON e.id = x.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN LATERAL (
        SELECT sum(s.appearances) AS appearances FROM speaker s WHERE s.episode_id = e.id
    ) n ON true
    WHERE x.topic_id = :id AND {VISIBLE}
"""  # noqa: S608  constants of ours
_FIGURES = f"""
    SELECT count(*) AS episodes, count(DISTINCT e.podcast_id) AS podcasts,
           coalesce(sum(n.appearances), 0)::bigint AS appearances,
           min(e.counted_on) AS first_on, max(e.counted_on) AS last_on {_ABOUT}
"""
_TIMELINE = f"""
    SELECT date_trunc(:bucket, e.counted_on::timestamp)::date AS bucket, e.podcast_id,
           sum(n.appearances)::bigint AS appearances, count(*) AS episodes
    {_ABOUT} AND n.appearances > 0 GROUP BY 1, 2 ORDER BY 1, 2
"""
_PODCASTS = f"""
    SELECT e.podcast_id AS id, p.title, p.feed_url, count(*) AS episodes,
           coalesce(sum(n.appearances), 0)::bigint AS appearances
    {_ABOUT} GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1
"""
_PEOPLE = f"""
    SELECT o.name, o.slug, sum(s.appearances)::bigint AS appearances,
           count(DISTINCT s.episode_id) AS episodes
    FROM episode_topic x JOIN episode e ON e.id = x.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN speaker s ON s.episode_id = e.id JOIN person o ON o.id = s.person_id
    WHERE x.topic_id = :id AND s.appearances > 0 AND o.state = 'active' AND {VISIBLE}
    GROUP BY o.id ORDER BY 3 DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours


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
