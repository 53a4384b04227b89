"""Recompute the counts of one person from the rows."""

from models import Episode, Person
from models.database import Session
from models.database.sql import execute, fetch_value, fetch_values, lock_in_order
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
_EPISODES = f"SELECT DISTINCT episode_id FROM ({_WRONG_SPEAKERS}) w ORDER BY 1"  # noqa: S608
_FIX_SPEAKERS = f"""
    UPDATE speaker s SET appearances = w.appearances, spoken_ms = w.spoken_ms,
        timed_characters = w.timed_characters
    FROM ({_WRONG_SPEAKERS}) w WHERE s.id = w.id AND s.episode_id = ANY(:episodes)
"""  # noqa: S608  built from constants
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
_TOTALS = f"""{UPDATE_PERSON_TOTALS}
    AND (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
        IS DISTINCT FROM
        (t.appearances, t.episodes, t.podcasts, t.spoken_ms, t.first_on, t.last_on)
"""


def recompute_person_counts(session: Session, person_id: int) -> dict[str, int]:
    """Make the stored counts of a person equal to the rows; return how many rows were repaired.

    Writers change speakers with the episode locked, and counts with the person locked. So wrong
    speakers are repaired with their episodes locked, in id order and before the person, like
    writers do; uncommitted changes of a writer are then on neither side of the comparison.
    """
    params = {"id": person_id}
    speakers = 0
    if episodes := fetch_values(session, _EPISODES, params):
        lock_in_order(session, Episode, episodes)
        speakers = execute(session, _FIX_SPEAKERS, params | {"episodes": episodes})
    lock_in_order(session, Person, [person_id])
    return {
        "speakers": speakers,
        "days": _recompute_cells(session, person_id, "person_day", "day"),
        "podcasts": _recompute_cells(session, person_id, "person_podcast", "podcast_id"),
        "totals": execute(session, _TOTALS, {"ids": [person_id]}),
    }


def _recompute_cells(session: Session, person_id: int, table: str, column: str) -> int:
    query = _CELLS.format(table=table, column=column, truth=_TRUTH)
    return int(fetch_value(session, query, {"id": person_id}))
