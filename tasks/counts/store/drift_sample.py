"""A cheap check of the counts: recounts a random sample of persons and episodes."""

from models.database import Session, read_one_snapshot
from models.database.sql import fetch_value, fetch_values
from tasks.counts.store.rollups import (
    PERSON_TOTALS,
    contributions_where,
    speaker_totals,
    wrong_speakers,
)

SAMPLE = 20

# Random ids, and for each the next one that exists: an index finds it, however large the table is.
_DRAW = """
    WITH bounds AS (SELECT min(id) AS low, max(id) AS high FROM {table})
    SELECT DISTINCT found.id FROM bounds, generate_series(1, CAST(:size AS int)),
        LATERAL (SELECT low + floor(random() * (high - low + 1))::bigint AS id
                 WHERE generate_series > 0) AS drawn,
        LATERAL (SELECT id FROM {table} WHERE id >= drawn.id ORDER BY id LIMIT 1) AS found
"""
_PERSONS = f"""
    WITH truth AS MATERIALIZED (
        {contributions_where("s.person_id = ANY(:ids)")}
    ), counted AS ({PERSON_TOTALS}), by_day AS (
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
"""  # noqa: S608  built from constants


_SPEAKERS = (
    wrong_speakers(f"({speaker_totals('episode_id = ANY(:ids)')}) a ON a.speaker_id = s.id")
    + " AND s.episode_id = ANY(:ids)"
)


def drift_in_sample(session: Session, size: int = SAMPLE) -> int:
    """Return how many persons and speakers of a random sample have wrong counts; 0 is healthy.

    The transaction must be a new one: everything is read from one snapshot. ``recount`` verifies
    all counts; this finds a common drift soon, and any drift in time.
    """
    read_one_snapshot(session)
    persons, episodes = (
        fetch_values(session, _DRAW.format(table=table), {"size": size})
        for table in ("person", "episode")
    )
    wrong_persons: int = fetch_value(session, _PERSONS, {"ids": persons})
    return wrong_persons + len(fetch_values(session, _SPEAKERS, {"ids": episodes}))
