"""What counts, and the SQL that adds it up: every count is computed with these statements."""

from models.queries.visibility import VISIBLE

# Where speech counts: of an episode e and its podcast p.
COUNTED = VISIBLE

# The one definition of what counts: all counts, and their verification, are derived from it.
CONTRIBUTIONS = f"""
    SELECT s.person_id, e.podcast_id, e.stats_date AS day, s.episode_id,
           sum(s.appearances)::bigint AS appearances, sum(s.spoken_ms)::bigint AS spoken_ms
    FROM speaker s
    JOIN episode e ON e.id = s.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id IS NOT NULL AND s.appearances > 0 AND {COUNTED}
"""  # noqa: S608  built from constants


def contributions_where(condition: str = "true") -> str:
    """Return SQL for the contributions where a condition holds, one per person and episode."""
    return f"""{CONTRIBUTIONS} AND {condition}
        GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id
    """


def speaker_totals(condition: str = "true") -> str:
    """Return SQL that adds up the segments of each speaker, of segments where a condition holds.

    Overlapping segments count once in ``spoken_ms``.
    """
    return f"""
        SELECT speaker_id, appearances, timed_characters,
               (SELECT sum(upper(r) - lower(r)) FROM unnest(spoken) AS r) AS spoken_ms
        FROM (
            SELECT speaker_id, count(*) AS appearances,
                   sum(length(text)) FILTER (WHERE start_ms < end_ms) AS timed_characters,
                   range_agg(int4range(start_ms, end_ms)) FILTER (WHERE start_ms < end_ms) AS spoken
            FROM appearance WHERE {condition} GROUP BY speaker_id
        ) ranges
    """  # noqa: S608  built from constants


# A person's totals, from contributions in a relation named ``truth``.
PERSON_TOTALS = """
    SELECT person_id, sum(appearances) AS appearances, count(*) AS episodes,
           count(DISTINCT podcast_id) AS podcasts, sum(spoken_ms) AS spoken_ms,
           min(day) AS first_on, max(day) AS last_on
    FROM truth GROUP BY person_id
"""

# The totals of persons (:ids) from their stored podcasts and days.
UPDATE_PERSON_TOTALS = """
    UPDATE person p SET appearances = t.appearances, episodes = t.episodes,
        podcasts = t.podcasts, spoken_ms = t.spoken_ms,
        first_on = t.first_on, last_on = t.last_on
    FROM (
        SELECT i.id, coalesce(sum(c.appearances), 0) AS appearances,
               coalesce(sum(c.episodes), 0) AS episodes, count(c.podcast_id) AS podcasts,
               coalesce(sum(c.spoken_ms), 0) AS spoken_ms,
               (SELECT min(day) FROM person_day WHERE person_id = i.id) AS first_on,
               (SELECT max(day) FROM person_day WHERE person_id = i.id) AS last_on
        FROM unnest(CAST(:ids AS bigint[])) AS i (id)
        LEFT JOIN person_podcast c ON c.person_id = i.id GROUP BY i.id
    ) t
    WHERE p.id = t.id
"""


def wrong_speakers(totals: str) -> str:
    """Return SQL for speakers whose stored figures are not those of their segments.

    ``totals`` joins ``speaker_totals`` as ``a``, for all speakers or for those of a condition.
    """
    return f"""
        SELECT s.id AS speaker_id, s.episode_id,
               s.appearances AS stored, coalesce(a.appearances, 0) AS counted,
               s.spoken_ms AS stored_spoken_ms, coalesce(a.spoken_ms, 0) AS counted_spoken_ms,
               s.timed_characters AS stored_timed_characters,
               coalesce(a.timed_characters, 0) AS counted_timed_characters
        FROM speaker s LEFT JOIN {totals}
        WHERE (s.appearances, s.spoken_ms, s.timed_characters) <> (coalesce(a.appearances, 0),
            coalesce(a.spoken_ms, 0), coalesce(a.timed_characters, 0))
    """  # noqa: S608  built from constants


def fix_speakers(wrong: str) -> str:
    """Return SQL that stores the figures of the segments for ``wrong_speakers``."""
    return f"""
        UPDATE speaker s SET appearances = w.counted, spoken_ms = w.counted_spoken_ms,
            timed_characters = w.counted_timed_characters
        FROM ({wrong}) w WHERE s.id = w.speaker_id
    """  # noqa: S608  built from constants


def fix_cells(table: str, column: str, truth: str, persons: str = "true") -> str:
    """Return SQL that makes the stored days or podcasts of persons equal to their contributions.

    ``persons`` is a condition on ``person_id``, of which ``truth`` has all contributions. The
    result is the number of cells that were wrong.
    """
    return f"""
        WITH fresh AS MATERIALIZED (
            SELECT person_id, {column}, sum(appearances)::bigint AS appearances,
                   count(*)::int AS episodes, sum(spoken_ms)::bigint AS spoken_ms
            FROM ({truth}) t GROUP BY person_id, {column}
        ), emptied AS (
            DELETE FROM {table} c WHERE {persons} AND NOT EXISTS (
                SELECT FROM fresh f WHERE f.person_id = c.person_id AND f.{column} = c.{column})
            RETURNING 1
        ), written AS (
            INSERT INTO {table} (person_id, {column}, appearances, episodes, spoken_ms)
            SELECT person_id, {column}, appearances, episodes, spoken_ms FROM fresh
            ON CONFLICT (person_id, {column}) DO UPDATE SET appearances = excluded.appearances,
                episodes = excluded.episodes, spoken_ms = excluded.spoken_ms
            WHERE ({table}.appearances, {table}.episodes, {table}.spoken_ms)
                <> (excluded.appearances, excluded.episodes, excluded.spoken_ms) RETURNING 1
        )
        SELECT (SELECT count(*) FROM emptied) + (SELECT count(*) FROM written)
    """  # noqa: S608  built from constants
