"""A cheap look at the counts: a few persons and episodes, drawn anew each time, counted anew."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from tasks.counts.store.updates import CONTRIBUTIONS

SAMPLE = 20

# By places in the order of ids: an index finds each, however large the table is.
_DRAW = """
    WITH bounds AS (SELECT min(id) AS low, max(id) AS high FROM {table})
    SELECT DISTINCT found.id FROM bounds, generate_series(1, CAST(:size AS int)),
        LATERAL (SELECT low + floor(random() * (high - low + 1))::bigint AS place
                 WHERE generate_series > 0) AS drawn,
        LATERAL (SELECT id FROM {table} WHERE id >= drawn.place ORDER BY id LIMIT 1) AS found
"""
_PERSONS = text(f"""
    WITH truth AS MATERIALIZED (
        {CONTRIBUTIONS} AND s.person_id = ANY(:ids)
        GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id
    ), counted AS (
        SELECT person_id, sum(appearances) AS appearances, count(*) AS episodes,
               count(DISTINCT podcast_id) AS podcasts, sum(spoken_ms) AS spoken_ms
        FROM truth GROUP BY person_id
    ), by_day AS (
        SELECT person_id, sum(appearances) AS appearances, sum(spoken_ms) AS spoken_ms
        FROM person_day WHERE person_id = ANY(:ids) GROUP BY person_id
    ), by_podcast AS (
        SELECT person_id, sum(appearances) AS appearances, sum(episodes) AS episodes,
               count(*) AS podcasts, sum(spoken_ms) AS spoken_ms
        FROM person_podcast WHERE person_id = ANY(:ids) GROUP BY person_id
    )
    SELECT count(*) FROM person p
    LEFT JOIN counted c ON c.person_id = p.id
    LEFT JOIN by_day d ON d.person_id = p.id
    LEFT JOIN by_podcast b ON b.person_id = p.id
    WHERE p.id = ANY(:ids) AND (
        (p.appearances, p.episodes, p.podcasts, p.spoken_ms) <> (coalesce(c.appearances, 0),
            coalesce(c.episodes, 0), coalesce(c.podcasts, 0), coalesce(c.spoken_ms, 0))
        OR (p.appearances, p.spoken_ms)
            <> (coalesce(d.appearances, 0), coalesce(d.spoken_ms, 0))
        OR (p.appearances, p.episodes, p.podcasts, p.spoken_ms) <> (coalesce(b.appearances, 0),
            coalesce(b.episodes, 0), coalesce(b.podcasts, 0), coalesce(b.spoken_ms, 0)))
""")  # noqa: S608  a constant of ours
_SPEAKERS = text("""
    SELECT count(*) FROM speaker s
    LEFT JOIN (SELECT speaker_id, count(*) AS appearances FROM appearance
               WHERE episode_id = ANY(:ids) GROUP BY speaker_id) a ON a.speaker_id = s.id
    WHERE s.episode_id = ANY(:ids) AND s.appearances <> coalesce(a.appearances, 0)
""")


def drift_in_sample(session: Session, size: int = SAMPLE) -> int:
    """How many of a few persons and speakers are counted wrongly; 0 is the only healthy answer.

    The transaction must be a new one: all of it is read from one snapshot. ``recount`` is the
    proof over everything; this finds a drift that many share soon, and any in time.
    """
    connection = session.connection()
    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    found = 0
    for table, query in (("person", _PERSONS), ("episode", _SPEAKERS)):
        params: dict[str, Any] = {"size": size}
        ids = list(connection.execute(text(_DRAW.format(table=table)), params).scalars())
        found += int(connection.execute(query, {"ids": ids}).scalar_one())
    return found
