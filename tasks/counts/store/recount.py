"""The proof: derives everything anew from the rows, says what differs, and repairs it if asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.queries.changes import note_podcasts
from tasks.counts.store.updates import CONTRIBUTIONS

_TRUTH = f"""
    CREATE TEMPORARY TABLE truth ON COMMIT DROP AS
    {CONTRIBUTIONS} GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id
"""
_FIGURES = "sum(appearances) AS appearances, count(*) AS episodes, sum(spoken_ms) AS spoken_ms"

# Each check is a query whose rows are the differences: what is kept, and what the rows say.
_SPEAKERS = """
    SELECT s.id AS speaker_id, s.episode_id, s.appearances AS kept, s.spoken_ms AS kept_spoken_ms,
           s.timed_characters AS kept_timed_characters,
           coalesce(a.appearances, 0) AS counted, coalesce(a.spoken_ms, 0) AS counted_spoken_ms,
           coalesce(a.timed_characters, 0) AS counted_timed_characters
    FROM speaker s
    LEFT JOIN (
        SELECT speaker_id, appearances, timed_characters,
               (SELECT sum(upper(r) - lower(r)) FROM unnest(spoken) AS r) AS spoken_ms
        FROM (
            SELECT speaker_id, count(*) AS appearances,
                   sum(length(text)) FILTER (WHERE start_ms < end_ms) AS timed_characters,
                   range_agg(int4range(start_ms, end_ms)) FILTER (WHERE start_ms < end_ms) AS spoken
            FROM appearance GROUP BY speaker_id
        ) ranges
    ) a ON a.speaker_id = s.id
    WHERE (s.appearances, s.spoken_ms, s.timed_characters)
        <> (coalesce(a.appearances, 0), coalesce(a.spoken_ms, 0), coalesce(a.timed_characters, 0))
"""
_PLACES = """
    SELECT a.id AS appearance_id, a.episode_id AS kept, s.episode_id AS counted
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id WHERE a.episode_id <> s.episode_id
"""
_CELLS = """
    SELECT person_id, {column}, c.appearances AS kept, t.appearances AS counted,
           c.episodes AS kept_episodes, t.episodes AS counted_episodes,
           c.spoken_ms AS kept_spoken_ms, t.spoken_ms AS counted_spoken_ms
    FROM {table} c
    FULL JOIN (SELECT person_id, {column}, {figures} FROM truth GROUP BY person_id, {column}) t
        USING (person_id, {column})
    WHERE (c.appearances, c.episodes, c.spoken_ms)
        IS DISTINCT FROM (t.appearances, t.episodes, t.spoken_ms)
"""
_PERSONS = """
    SELECT p.id AS person_id, p.appearances AS kept, coalesce(t.appearances, 0) AS counted,
           p.episodes AS kept_episodes, coalesce(t.episodes, 0) AS counted_episodes,
           p.podcasts AS kept_podcasts, coalesce(t.podcasts, 0) AS counted_podcasts,
           p.spoken_ms AS kept_spoken_ms, coalesce(t.spoken_ms, 0) AS counted_spoken_ms,
           p.first_on AS kept_first_on, t.first_on AS counted_first_on,
           p.last_on AS kept_last_on, t.last_on AS counted_last_on
    FROM person p
    LEFT JOIN (
        SELECT person_id, sum(appearances) AS appearances, count(*) AS episodes,
               count(DISTINCT podcast_id) AS podcasts, sum(spoken_ms) AS spoken_ms,
               min(day) AS first_on, max(day) AS last_on
        FROM truth GROUP BY person_id
    ) t ON t.person_id = p.id
    WHERE (p.appearances, p.episodes, p.podcasts, p.spoken_ms, p.first_on, p.last_on)
        IS DISTINCT FROM (coalesce(t.appearances, 0), coalesce(t.episodes, 0),
            coalesce(t.podcasts, 0), coalesce(t.spoken_ms, 0), t.first_on, t.last_on)
"""
_CHECKS = {
    "speaker": _SPEAKERS,
    "appearance": _PLACES,
    "person_day": _CELLS.format(table="person_day", column="day", figures=_FIGURES),
    "person_podcast": _CELLS.format(table="person_podcast", column="podcast_id", figures=_FIGURES),
    "person": _PERSONS,
}

_FIX_SPEAKERS = f"""
    UPDATE speaker s SET appearances = d.counted, spoken_ms = d.counted_spoken_ms,
        timed_characters = d.counted_timed_characters
    FROM ({_SPEAKERS}) d WHERE s.id = d.speaker_id
"""  # noqa: S608  constants of ours
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

# Finds attributions that are not what decisions and quarantine say; with True, writes them right.
AttributionCheck = Callable[[Session, bool], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Recount:
    """``changed`` differences found (and repaired if asked); 0 is the only healthy answer."""

    changed: int
    checked: dict[str, int]
    details: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def recount(
    session: Session, check_attributions: AttributionCheck, *, fix: bool = False
) -> Recount:
    """Count everything anew within this transaction, and compare.

    Without ``fix`` one snapshot is read and nobody is held up. With it, writers wait until the
    end: whatever changes what counts locks an episode first, so that table is a gate for all of
    them. One lock, for several would be taken in another order than the writers take theirs.
    """
    connection = session.connection()
    if fix:
        connection.execute(text("LOCK TABLE episode IN EXCLUSIVE MODE"))
    else:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
    connection.execute(text(_TRUTH))
    attributions = check_attributions(session, fix)
    found = {name: _rows(session, query) for name, query in _CHECKS.items()}
    found["ledger"] = attributions
    if fix:
        _fix(session)
        if any(found.values()):
            note_podcasts(session)  # the log knows nothing of cells that were wrong
    return Recount(
        changed=sum(len(rows) for rows in found.values()),
        checked={name: _size(session, name) for name in _CHECKS},
        details={name: rows[:_SHOWN] for name, rows in found.items() if rows},
    )


def _rows(session: Session, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in session.connection().execute(text(query)).mappings()]


def _size(session: Session, table: str) -> int:
    count: int = (
        session.connection()
        .execute(
            text(f"SELECT count(*) FROM {table}")  # noqa: S608  one of our own names
        )
        .scalar_one()
    )
    return count


def _fix(session: Session) -> None:
    """Bring every derived figure to what the rows say."""
    connection = session.connection()
    connection.execute(text(_FIX_SPEAKERS))
    connection.execute(text("DROP TABLE truth"))
    connection.execute(text(_TRUTH))
    for table, column in (("person_day", "day"), ("person_podcast", "podcast_id")):
        connection.execute(text(_FIX_EMPTY.format(table=table, column=column)))
        connection.execute(text(_FIX_CELLS.format(table=table, column=column, figures=_FIGURES)))
    connection.execute(text(_FIX_PERSONS))
