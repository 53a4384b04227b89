"""One person: figures, podcasts, the timeline, the names they go by, and who they speak with."""

from datetime import date
from typing import Any

from sqlmodel import Session

from models.queries.sql import VISIBLE, Row, first, query_unprepared, rows

_PERSON = """
    SELECT id, name, slug, state, merged_into, appearances, episodes, podcasts, spoken_ms,
           first_on, last_on
    FROM person WHERE slug = :slug
"""
# A merge may have been followed by another; a circle cannot be, and would end here all the same.
_SURVIVOR = """
    WITH RECURSIVE way AS (
        SELECT id, merged_into, slug, state, 0 AS steps FROM person WHERE id = :id
        UNION ALL
        SELECT p.id, p.merged_into, p.slug, p.state, w.steps + 1
        FROM way w JOIN person p ON p.id = w.merged_into WHERE w.steps < 50
    )
    SELECT slug FROM way WHERE state = 'active' ORDER BY steps LIMIT 1
"""
_PODCASTS = """
    SELECT c.podcast_id AS id, p.title, p.feed_url, c.appearances, c.episodes, c.spoken_ms
    FROM person_podcast c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.person_id = :id ORDER BY c.appearances DESC, c.podcast_id
"""
_TIMELINE = f"""
    SELECT date_trunc(:bucket, e.stats_date::timestamp)::date AS bucket, e.podcast_id,
           sum(s.appearances)::bigint AS appearances, count(DISTINCT e.id) AS episodes
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND s.appearances > 0 AND {VISIBLE}
    GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants of ours
_YEARS = """
    SELECT DISTINCT extract(year FROM day)::int AS year FROM person_day WHERE person_id = :id
    ORDER BY 1 DESC
"""
# Of a speaker ``s`` of theirs: whether the episode counts. Mostly all do, and then their speakers
# add up to the kept figure, and no episode need be looked at; that is asked once, and first.
_SHOWN = f"""(
    (SELECT sum(h.appearances) = (SELECT appearances FROM person WHERE id = :id)
     FROM speaker h WHERE h.person_id = :id)
    OR EXISTS (SELECT FROM episode e JOIN podcast p ON p.id = e.podcast_id
               WHERE e.id = s.episode_id AND {VISIBLE}))
"""  # noqa: S608  constants of ours
_NAMES = f"""
    SELECT s.label, s.source, s.method, s.reason, s.evidence, s.status,
           max(s.confidence) AS confidence, sum(s.appearances)::bigint AS appearances,
           count(*) AS episodes
    FROM speaker s WHERE s.person_id = :id AND s.appearances > 0 AND {_SHOWN}
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 8 DESC, 1 LIMIT :limit
"""  # noqa: S608  constants of ours
# An array is looked up in an index in one go; a join would read all of ``speaker``.
_WITH = f"""
    SELECT o.person_id AS id, count(DISTINCT o.episode_id) AS episodes FROM speaker o
    WHERE o.episode_id = ANY(ARRAY(
        SELECT s.episode_id FROM speaker s
        WHERE s.person_id = :id AND s.appearances > 0 AND {_SHOWN}))
        AND o.person_id <> :id AND o.appearances > 0
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
"""  # noqa: S608  constants of ours
_CALLED = "SELECT id, name, slug FROM person WHERE id = ANY(:ids)"


def person_of_slug(session: Session, slug: str) -> Row | None:
    """Somebody under this address: the person, or for one merged only ``redirect_url``, a slug."""
    row = first(session, _PERSON, slug=slug)
    if row is None or row["state"] == "active":
        return row
    survivor = first(session, _SURVIVOR, id=row["id"]) if row["merged_into"] else None
    return {"redirect_url": survivor["slug"]} if survivor else None


def podcasts_of_person(session: Session, person_id: int) -> list[Row]:
    """Where they speak, most first."""
    return rows(session, _PODCASTS, id=person_id)


def is_regular(episodes: int, counted: int) -> bool:
    """Whether so many episodes are half of what is counted of a podcast, and three at the least."""
    return episodes >= 3 and episodes * 2 >= counted


def timeline_of_person(session: Session, person_id: int, bucket: str) -> list[Row]:
    """Appearances by day, week, month or year and podcast, oldest first."""
    return query_unprepared(session, _TIMELINE, id=person_id, bucket=bucket)


def years_of_person(session: Session, person_id: int) -> list[int]:
    """The years with an appearance, newest first."""
    return [row["year"] for row in rows(session, _YEARS, id=person_id)]


def names_of_person(session: Session, person_id: int, limit: int = 30) -> list[Row]:
    """The labels that were resolved to them, and how each was."""
    return rows(session, _NAMES, id=person_id, limit=limit)


def speaks_with(session: Session, person_id: int, limit: int = 12) -> list[Row]:
    """Who else speaks in their episodes, as ids, and in how many of them."""
    return rows(session, _WITH, id=person_id, limit=limit)


def called(session: Session, some: list[Row]) -> list[Row]:
    """Rows about people, by ``id``, with the name and slug that each has now."""
    names = {row["id"]: row for row in rows(session, _CALLED, ids=[row["id"] for row in some])}
    return [row | names[row["id"]] for row in some]


def bucket_for(first_on: date | None, last_on: date | None) -> str:
    """How long a bar of a timeline lasts, so that there are at most about 80 of them."""
    days = (last_on - first_on).days if first_on and last_on else 0
    limits: dict[str, Any] = {"day": 60, "week": 7 * 78, "month": 30 * 84}
    return next((name for name, limit in limits.items() if days <= limit), "year")
