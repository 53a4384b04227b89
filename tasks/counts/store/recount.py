"""Verify all counts: recompute them from the rows, report and optionally repair differences."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from models.database import Session
from models.queries.changes import note_podcasts
from tasks.counts.store.rollups import PERSON_TOTALS, contributions_where, speaker_totals

_TRUTH = f"""
    CREATE TEMPORARY TABLE truth ON COMMIT DROP AS
    {contributions_where()}
"""
_FIGURES = "sum(appearances) AS appearances, count(*) AS episodes, sum(spoken_ms) AS spoken_ms"

# Each check is a query whose rows are differences between the stored counts and the rows.
_SPEAKERS = f"""
    SELECT s.id AS speaker_id, s.episode_id,
           s.appearances AS stored, coalesce(a.appearances, 0) AS counted,
           s.spoken_ms AS stored_spoken_ms, coalesce(a.spoken_ms, 0) AS counted_spoken_ms,
           s.timed_characters AS stored_timed_characters,
           coalesce(a.timed_characters, 0) AS counted_timed_characters
    FROM speaker s LEFT JOIN ({speaker_totals()}) a ON a.speaker_id = s.id
    WHERE (s.appearances, s.spoken_ms, s.timed_characters)
        <> (coalesce(a.appearances, 0), coalesce(a.spoken_ms, 0), coalesce(a.timed_characters, 0))
"""  # noqa: S608  built from constants
_APPEARANCES = """
    SELECT a.id AS appearance_id, a.episode_id AS stored, s.episode_id AS counted
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id WHERE a.episode_id <> s.episode_id
"""
_CELLS = """
    SELECT person_id, {column}, c.appearances AS stored, t.appearances AS counted,
           c.episodes AS stored_episodes, t.episodes AS counted_episodes,
           c.spoken_ms AS stored_spoken_ms, t.spoken_ms AS counted_spoken_ms
    FROM {table} c
    FULL JOIN (SELECT person_id, {column}, {figures} FROM truth GROUP BY person_id, {column}) t
        USING (person_id, {column})
    WHERE (c.appearances, c.episodes, c.spoken_ms)
        IS DISTINCT FROM (t.appearances, t.episodes, t.spoken_ms)
"""
_PERSONS = f"""
    SELECT p.id AS person_id, p.appearances AS stored, coalesce(t.appearances, 0) AS counted,
           p.episodes AS stored_episodes, coalesce(t.episodes, 0) AS counted_episodes,
           p.podcasts AS stored_podcasts, coalesce(t.podcasts, 0) AS counted_podcasts,
           p.spoken_ms AS stored_spoken_ms, coalesce(t.spoken_ms, 0) AS counted_spoken_ms,
           p.first_on AS stored_first_on, t.first_on AS counted_first_on,
           p.last_on AS stored_last_on, t.last_on AS counted_last_on
    FROM person p
    LEFT JOIN (
{PERSON_TOTALS}    ) t ON t.person_id = p.id
    WHERE (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
        IS DISTINCT FROM (coalesce(t.appearances, 0), coalesce(t.episodes, 0),
            coalesce(t.podcasts, 0), coalesce(t.spoken_ms, 0), t.first_on, t.last_on)
"""  # noqa: S608  built from constants
_CHECKS = {
    "speaker": _SPEAKERS,
    "appearance": _APPEARANCES,
    "person_day": _CELLS.format(table="person_day", column="day", figures=_FIGURES),
    "person_podcast": _CELLS.format(table="person_podcast", column="podcast_id", figures=_FIGURES),
    "person": _PERSONS,
}

_FIX_SPEAKERS = f"""
    UPDATE speaker s SET appearances = d.counted, spoken_ms = d.counted_spoken_ms,
        timed_characters = d.counted_timed_characters
    FROM ({_SPEAKERS}) d WHERE s.id = d.speaker_id
"""  # noqa: S608  built from constants
_FIX_CELLS = """
    INSERT INTO {table} (person_id, {column}, appearances, episodes, spoken_ms)
    SELECT person_id, {column}, {figures} FROM truth GROUP BY person_id, {column}
    ON CONFLICT (person_id, {column}) DO UPDATE SET appearances = excluded.appearances,
        episodes = excluded.episodes, spoken_ms = excluded.spoken_ms
"""
_FIX_EMPTY = """
    DELETE FROM {table} c WHERE NOT EXISTS (
        SELECT FROM truth t WHERE t.person_id = c.person_id AND t.{column} = c.{column})
"""
_FIX_PERSONS = f"""
    UPDATE person p SET appearances = d.counted, episodes = d.counted_episodes,
        podcasts = d.counted_podcasts, spoken_ms = d.counted_spoken_ms,
        first_on = d.counted_first_on, last_on = d.counted_last_on
    FROM ({_PERSONS}) d WHERE p.id = d.person_id
"""  # noqa: S608

_SHOWN = 20

# Finds attributions that contradict decisions and quarantine; with True it repairs them.
AttributionCheck = Callable[[Session, bool], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Recount:
    """The number of differences found (and repaired, with ``fix``); 0 is healthy."""

    changed: int
    checked: dict[str, int]
    details: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def recount(
    session: Session, check_attributions: AttributionCheck, *, fix: bool = False
) -> Recount:
    """Recompute all counts in this transaction, and compare them with the stored ones.

    Without ``fix`` it reads one snapshot and blocks no writer. With ``fix`` writers wait until its
    end: everything that changes what counts locks an episode first, so the lock of that table stops
    all of them. It takes one lock only: several would be in another order than the writers'.
    """
    connection = session.connection()
    if fix:
        connection.execute(text("LOCK TABLE episode IN EXCLUSIVE MODE"))
    else:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    connection.execute(text(_TRUTH))
    attributions = check_attributions(session, fix)
    details = {name: _rows(session, query) for name, query in _CHECKS.items()}
    details["attribution"] = attributions
    if fix:
        _fix(session)
        if any(details.values()):
            note_podcasts(session)  # the change log has no entry for repaired cells
    return Recount(
        changed=sum(len(rows) for rows in details.values()),
        checked={name: _size(session, name) for name in _CHECKS},
        details={name: rows[:_SHOWN] for name, rows in details.items() if rows},
    )


def _rows(session: Session, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session.connection().execute(text(query)).mappings()]


def _size(session: Session, table: str) -> int:
    count: int = (
        session.connection()
        .execute(
            text(f"SELECT count(*) FROM {table}")  # noqa: S608  a constant
        )
        .scalar_one()
    )
    return count


def _fix(session: Session) -> None:
    """Make all stored counts equal to the recomputed ones."""
    connection = session.connection()
    connection.execute(text(_FIX_SPEAKERS))
    connection.execute(text("DROP TABLE truth"))
    connection.execute(text(_TRUTH))
    for table, column in (("person_day", "day"), ("person_podcast", "podcast_id")):
        connection.execute(text(_FIX_EMPTY.format(table=table, column=column)))
        connection.execute(text(_FIX_CELLS.format(table=table, column=column, figures=_FIGURES)))
    connection.execute(text(_FIX_PERSONS))
