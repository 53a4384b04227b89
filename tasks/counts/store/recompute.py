"""Recompute the counts of one person from the rows."""

from sqlalchemy import text

from models.database import Session
from tasks.counts.store.rollups import (
    UPDATE_PERSON_TOTALS,
    contributions_where,
    speaker_totals,
)

# The person's speakers whose stored counts differ from their segments.
_WRONG_SPEAKERS = f"""
    SELECT s.id, s.episode_id, coalesce(a.appearances, 0) AS appearances,
           coalesce(a.spoken_ms, 0) AS spoken_ms,
           coalesce(a.timed_characters, 0) AS timed_characters
    FROM speaker s LEFT JOIN LATERAL ({speaker_totals("speaker_id = s.id")}) a ON true
    WHERE s.person_id = :id
        AND (s.appearances, s.spoken_ms, s.timed_characters) <> (coalesce(a.appearances, 0),
            coalesce(a.spoken_ms, 0), coalesce(a.timed_characters, 0))
"""  # noqa: S608  built from constants
_EPISODES = text(f"SELECT DISTINCT episode_id FROM ({_WRONG_SPEAKERS}) w ORDER BY 1")  # noqa: S608
_LOCK_EPISODES = text("SELECT id FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_FIX_SPEAKERS = text(f"""
    UPDATE speaker s SET appearances = w.appearances, spoken_ms = w.spoken_ms,
        timed_characters = w.timed_characters
    FROM ({_WRONG_SPEAKERS}) w WHERE s.id = w.id AND s.episode_id = ANY(:episodes)
""")  # noqa: S608  built from constants
_LOCK_PERSON = text("SELECT id FROM person WHERE id = :id FOR NO KEY UPDATE")
_TRUTH = contributions_where("s.person_id = :id")
_CELLS = """
    WITH truth AS (
        SELECT {column}, sum(appearances)::bigint AS appearances, count(*)::int AS episodes,
               sum(spoken_ms)::bigint AS spoken_ms
        FROM ({truth}) t GROUP BY {column}
    ), emptied AS (
        DELETE FROM {table} c WHERE c.person_id = :id
            AND NOT EXISTS (SELECT FROM truth t WHERE t.{column} = c.{column}) RETURNING 1
    ), written AS (
        INSERT INTO {table} (person_id, {column}, appearances, episodes, spoken_ms)
        SELECT :id, {column}, appearances, episodes, spoken_ms FROM truth
        ON CONFLICT (person_id, {column}) DO UPDATE SET appearances = excluded.appearances,
            episodes = excluded.episodes, spoken_ms = excluded.spoken_ms
        WHERE ({table}.appearances, {table}.episodes, {table}.spoken_ms)
            <> (excluded.appearances, excluded.episodes, excluded.spoken_ms) RETURNING 1
    )
    SELECT (SELECT count(*) FROM emptied) + (SELECT count(*) FROM written)
"""
_DAYS = text(_CELLS.format(table="person_day", column="day", truth=_TRUTH))
_PODCASTS = text(_CELLS.format(table="person_podcast", column="podcast_id", truth=_TRUTH))
_TOTALS = text(f"""{UPDATE_PERSON_TOTALS}
    AND (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
        IS DISTINCT FROM
        (t.appearances, t.episodes, t.podcasts, t.spoken_ms, t.first_on, t.last_on)
""")


def recompute_person_counts(session: Session, person_id: int) -> dict[str, int]:
    """Make the stored counts of a person equal to the rows; return how many rows were repaired.

    Writers change speakers with the episode locked, and counts with the person locked. So wrong
    speakers are repaired with their episodes locked, in id order and before the person, like
    writers do; uncommitted changes of a writer are then on neither side of the comparison.
    """
    connection, params = session.connection(), {"id": person_id}
    speakers = 0
    if episodes := list(connection.execute(_EPISODES, params).scalars()):
        connection.execute(_LOCK_EPISODES, {"ids": episodes})
        speakers = connection.execute(_FIX_SPEAKERS, params | {"episodes": episodes}).rowcount
    connection.execute(_LOCK_PERSON, params)
    return {
        "speakers": speakers,
        "days": connection.execute(_DAYS, params).scalar_one(),
        "podcasts": connection.execute(_PODCASTS, params).scalar_one(),
        "totals": connection.execute(_TOTALS, {"ids": [person_id]}).rowcount,
    }
