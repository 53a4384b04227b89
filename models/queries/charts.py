"""Charts: who and what was heard most in a period, and how that moved since the one before."""

from datetime import date, timedelta

from sqlmodel import Session

from models.queries.sql import VISIBLE, Row, first, rows

# Of all time, what moved is judged against the standing so many days ago.
STANDING_DAYS = 30
TREND_DAYS = 30
BASELINE_DAYS = 360
# Somebody who was hardly heard before is not a thousand times more so: added to the baseline.
TREND_GROUND = 10

# ``now`` and ``before`` are the appearances of the period and of the one before it.
_RANKED = """
    SELECT *, rank() OVER (ORDER BY now DESC) AS place,
           CASE WHEN before > 0 THEN rank() OVER (ORDER BY before DESC) END AS place_before
    FROM ({figures}) f
"""
_CHART = f"""
    SELECT * FROM ({_RANKED}) r WHERE now > 0 ORDER BY place, {{key}} LIMIT :limit
"""  # noqa: S608  constants of ours
_PEOPLE = """
    SELECT p.name, p.slug, f.now, f.before FROM (
        SELECT person_id,
               coalesce(sum(appearances) FILTER (WHERE day > :begin), 0)::bigint AS now,
               coalesce(sum(appearances) FILTER (WHERE day <= :until), 0)::bigint AS before
        FROM person_day WHERE day > :before AND day <= :today GROUP BY person_id
    ) f JOIN person p ON p.id = f.person_id WHERE p.state = 'active'
"""
# All segments spoken, whoever speaks: of episodes, so that topics and podcasts can be told.
_EPISODES = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date AS day
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
        WHERE e.stats_date > :before AND e.stats_date <= :today AND {VISIBLE}
    ), heard AS MATERIALIZED (
        SELECT s.episode_id, sum(s.appearances)::bigint AS appearances FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM shown)) GROUP BY 1
    ), said AS MATERIALIZED (
        SELECT e.*, n.appearances FROM shown e JOIN heard n ON n.episode_id = e.id
    )
"""  # noqa: S608
_SUMS = """
    coalesce(sum(appearances) FILTER (WHERE day > :begin), 0)::bigint AS now,
    coalesce(sum(appearances) FILTER (WHERE day <= :until), 0)::bigint AS before
"""
_PODCASTS = f"""
    SELECT p.title AS name, p.feed_url, p.id, f.now, f.before
    FROM (SELECT podcast_id, {_SUMS} FROM said GROUP BY podcast_id) f
    JOIN podcast p ON p.id = f.podcast_id
"""  # noqa: S608
_TOPICS = f"""
    SELECT t.name, t.slug, f.now, f.before
    FROM (SELECT topic_id, {_SUMS} FROM said JOIN episode_topic x ON x.episode_id = said.id
          GROUP BY topic_id) f
    JOIN topic t ON t.id = f.topic_id
"""  # noqa: S608
# The published rule; docs/operations.md and the page say it in words.
_TRENDING = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id, e.stats_date AS day
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
        WHERE e.stats_date > :before AND e.stats_date <= :today AND {VISIBLE}
    ), spoken AS MATERIALIZED (
        SELECT s.episode_id, s.person_id, s.appearances FROM speaker s
        WHERE s.episode_id = ANY(ARRAY(SELECT id FROM shown)) AND s.person_id IS NOT NULL
    ), heard AS MATERIALIZED (
        SELECT s.person_id, e.podcast_id, e.day, s.appearances
        FROM shown e JOIN spoken s ON s.episode_id = e.id
    ), recent AS MATERIALIZED (
        SELECT person_id FROM heard WHERE day > :begin
        GROUP BY person_id HAVING count(DISTINCT podcast_id) >= 2
    ), often AS MATERIALIZED (
        SELECT DISTINCT c.podcast_id FROM person_podcast c JOIN recent r USING (person_id)
        WHERE c.episodes >= 3
    ), counted AS MATERIALIZED (
        SELECT o.podcast_id, n.episodes FROM often o CROSS JOIN LATERAL (
            SELECT count(DISTINCT s.episode_id) AS episodes FROM speaker s
            WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
                SELECT e.id FROM episode e
                WHERE e.podcast_id = o.podcast_id AND e.duplicate_of IS NULL))
        ) n
    ), guests AS (
        SELECT h.* FROM heard h JOIN recent r USING (person_id)
        JOIN person_podcast c ON c.person_id = h.person_id AND c.podcast_id = h.podcast_id
        LEFT JOIN counted n ON n.podcast_id = h.podcast_id
        WHERE NOT (c.episodes >= 3 AND c.episodes * 2 >= n.episodes)
    ), rates AS (
        SELECT person_id,
               coalesce(sum(appearances) FILTER (WHERE day > :begin), 0)::bigint AS now,
               count(DISTINCT podcast_id) FILTER (WHERE day > :begin) AS podcasts,
               coalesce(sum(appearances) FILTER (WHERE day <= :begin), 0)::float8
                   * {TREND_DAYS} / {BASELINE_DAYS} AS usual
        FROM guests GROUP BY person_id
    )
    SELECT p.name, p.slug, r.now, r.podcasts, r.usual, r.now / (r.usual + {TREND_GROUND}) AS rate
    FROM rates r JOIN person p ON p.id = r.person_id
    WHERE r.podcasts >= 2 AND p.state = 'active' ORDER BY rate DESC, p.slug LIMIT :limit
"""  # noqa: S608
_LATEST = f"""
    SELECT e.stats_date AS day FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE {VISIBLE} AND e.stats_date <= :today
        AND EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id)
    ORDER BY e.stats_date DESC LIMIT 1
"""  # noqa: S608


def chart(
    session: Session, of: str, today: date, days: int | None, *, limit: int = 50
) -> list[Row]:
    """The first of ``people``, ``podcasts`` or ``topics`` in the last days up to today, or ever.

    ``place_before`` is None for what was not heard in the period before.
    """
    question, key = {
        "people": (_PEOPLE, "slug"),
        "podcasts": (_PODCASTS, "id"),
        "topics": (_TOPICS, "slug"),
    }[of]
    shared = "" if of == "people" else _EPISODES
    query = shared + _CHART.format(figures=question, key=key)
    return rows(session, query, limit=limit, **_period(today, days))


def trending(session: Session, today: date, *, limit: int = 20) -> list[Row]:
    """Guests heard far more than is usual for them.

    Of the last 30 days, without the podcasts that they are regulars of (half of the counted
    episodes, at least three): at least two podcasts, ordered by appearances over those of a
    usual 30 days in the 360 before, to which 10 are added.
    """
    begin = today - timedelta(days=TREND_DAYS)
    before = begin - timedelta(days=BASELINE_DAYS)
    return rows(session, _TRENDING, limit=limit, today=today, begin=begin, before=before)


def latest_counted_day(session: Session, today: date) -> date | None:
    """The day of the newest episode in which anybody speaks."""
    row = first(session, _LATEST, today=today)
    return row["day"] if row else None


def _period(today: date, days: int | None) -> dict[str, date]:
    """The period, and the one before it: until the day on which the period begins."""
    if days is None:
        until = today - timedelta(days=STANDING_DAYS)
        return {"today": today, "begin": date.min, "until": until, "before": date.min}
    begin = today - timedelta(days=days)
    return {"today": today, "begin": begin, "until": begin, "before": begin - timedelta(days=days)}
