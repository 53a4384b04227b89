"""Verify all counts: recompute them from the rows, report and optionally repair differences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func
from sqlmodel import SQLModel, select

from models import Appearance, Person, PersonDay, PersonPodcast, Speaker
from models.database import Session, read_one_snapshot
from models.database.sql import execute, fetch_all
from models.queries.changes import note_podcasts
from tasks.counts.store.rollups import (
    PERSON_TOTALS,
    UPDATE_PERSON_TOTALS,
    contributions_where,
    fix_cells,
    fix_speakers,
    speaker_totals,
    wrong_speakers,
)
from tasks.counts.values import SpeakerDrift

_TRUTH = f"""
    CREATE TEMPORARY TABLE truth ON COMMIT DROP AS
    {contributions_where()}
"""
_FIGURES = "sum(appearances) AS appearances, count(*) AS episodes, sum(spoken_ms) AS spoken_ms"

_SPEAKERS = wrong_speakers(f"({speaker_totals()}) a ON a.speaker_id = s.id")
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


@dataclass(frozen=True, slots=True)
class AppearanceDrift:
    """A segment that is stored with another episode than its speaker's."""

    appearance_id: int
    stored: int
    counted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellDrift:
    """Counts of a person on a day or in a podcast; None where there are none."""

    person_id: int
    day: date | None = None
    podcast_id: int | None = None
    stored: int | None
    counted: int | None
    stored_episodes: int | None
    counted_episodes: int | None
    stored_spoken_ms: int | None
    counted_spoken_ms: int | None


@dataclass(frozen=True, slots=True)
class PersonDrift:
    """A person whose stored totals are not those of the rows."""

    person_id: int
    stored: int
    counted: int
    stored_episodes: int
    counted_episodes: int
    stored_podcasts: int
    counted_podcasts: int
    stored_spoken_ms: int
    counted_spoken_ms: int
    stored_first_on: date | None
    counted_first_on: date | None
    stored_last_on: date | None
    counted_last_on: date | None


@dataclass(frozen=True, slots=True)
class Recount:
    """The number of differences found (and repaired, with ``fix``); 0 is healthy.

    ``checked`` are the rows of each table, ``details`` the first differences of each check.
    """

    changed: int
    checked: dict[str, int]
    details: dict[str, Sequence[object]] = field(default_factory=dict)


# A table with stored counts, the query for its differences, and what a row of that query is.
_CHECKS: tuple[tuple[type[SQLModel], str, type], ...] = (
    (Speaker, _SPEAKERS, SpeakerDrift),
    (Appearance, _APPEARANCES, AppearanceDrift),
    (PersonDay, _CELLS.format(table="person_day", column="day", figures=_FIGURES), CellDrift),
    (
        PersonPodcast,
        _CELLS.format(table="person_podcast", column="podcast_id", figures=_FIGURES),
        CellDrift,
    ),
    (Person, _PERSONS, PersonDrift),
)

# Finds attributions that contradict decisions and quarantine; with True it repairs them.
AttributionCheck = Callable[[Session, bool], Sequence[object]]

_SHOWN = 20


def recount(
    session: Session, check_attributions: AttributionCheck, *, fix: bool = False
) -> Recount:
    """Recompute all counts in this transaction, and compare them with the stored ones.

    Without ``fix`` it reads one snapshot and blocks no writer. With ``fix`` writers wait until its
    end: everything that changes what counts locks an episode first, so the lock of that table stops
    all of them. It takes one lock only: several would be in another order than the writers'.
    """
    if fix:
        execute(session, "LOCK TABLE episode IN EXCLUSIVE MODE")
    else:
        read_one_snapshot(session)
    execute(session, _TRUTH)
    attributions = check_attributions(session, fix)
    details: dict[str, Sequence[object]] = {
        str(table.__tablename__): fetch_all(session, query, row_type)
        for table, query, row_type in _CHECKS
    }
    details["attribution"] = attributions
    if fix:
        _fix(session)
        if any(details.values()):
            note_podcasts(session)  # the change log has no entry for repaired cells
    return Recount(
        changed=sum(len(rows) for rows in details.values()),
        checked={str(table.__tablename__): _size(session, table) for table, _, _ in _CHECKS},
        details={name: rows[:_SHOWN] for name, rows in details.items() if rows},
    )


def _size(session: Session, table: type[SQLModel]) -> int:
    return session.exec(select(func.count()).select_from(table)).one()


def _fix(session: Session) -> None:
    """Make all stored counts equal to the recomputed ones."""
    execute(session, fix_speakers(_SPEAKERS))
    execute(session, "DROP TABLE truth")
    execute(session, _TRUTH)
    for table, column in (("person_day", "day"), ("person_podcast", "podcast_id")):
        execute(session, fix_cells(table, column, "TABLE truth"))
    wrong = fetch_all(session, _PERSONS, PersonDrift)
    execute(session, UPDATE_PERSON_TOTALS, {"ids": [person.person_id for person in wrong]})
