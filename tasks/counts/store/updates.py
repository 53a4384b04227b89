"""Update the counts in the transaction that changes the rows, so that they cannot drift.

Whatever changes who speaks where (a transcript stored, an episode re-dated, a podcast removed, a
person merged) runs inside ``updating_counts``: it reads the contributions of the episodes before
and after, locks the affected persons in id order, and applies the exact difference. An episode
without speakers only adds: ``adding_first_counts``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from models import Person
from models.database import Session
from models.database.sql import execute, fetch_all, lock_in_order
from tasks.counts.store.rollups import UPDATE_PERSON_TOTALS, contributions_where
from tasks.counts.values import Contribution, CountDifference, CountTotals, difference

# Both columns have the condition: the planner does not derive the second from the first, and would
# read all episodes of the table.
_BY_EPISODE = contributions_where("s.episode_id = ANY(:ids) AND e.id = ANY(:ids)")

# The new counts of a cell are the stored ones plus the difference. The persons are locked, so no
# other transaction changes the cells meanwhile; a cell that becomes empty is deleted.
_APPLY_CELLS = """
    {name}_delta AS (
        SELECT * FROM unnest(
            CAST(:{name}_persons AS bigint[]), CAST(:{name}_cells AS {type}[]),
            CAST(:{name}_appearances AS bigint[]), CAST(:{name}_episodes AS int[]),
            CAST(:{name}_spoken AS bigint[])
        ) AS d (person_id, cell, appearances, episodes, spoken_ms)
    ), {name}_fresh AS (
        SELECT d.person_id, d.cell, coalesce(c.appearances, 0) + d.appearances AS appearances,
               coalesce(c.episodes, 0) + d.episodes AS episodes,
               coalesce(c.spoken_ms, 0) + d.spoken_ms AS spoken_ms
        FROM {name}_delta d
        LEFT JOIN {table} c ON c.person_id = d.person_id AND c.{column} = d.cell
    ), {name}_emptied AS (
        DELETE FROM {table} c USING {name}_fresh f
        WHERE c.person_id = f.person_id AND c.{column} = f.cell AND f.appearances = 0
    ), {name}_written AS (
        INSERT INTO {table} (person_id, {column}, appearances, episodes, spoken_ms)
        SELECT person_id, cell, appearances, episodes, spoken_ms FROM {name}_fresh
        WHERE appearances <> 0 ORDER BY person_id, cell
        ON CONFLICT (person_id, {column}) DO UPDATE SET appearances = excluded.appearances,
            episodes = excluded.episodes, spoken_ms = excluded.spoken_ms
    )
"""
_APPLY = (
    "WITH"
    + _APPLY_CELLS.format(name="day", table="person_day", column="day", type="date")
    + ","
    + _APPLY_CELLS.format(
        name="podcast", table="person_podcast", column="podcast_id", type="bigint"
    )
    + "SELECT"
)


# An episode that contributed nothing only adds: no cell becomes empty, and a person's first and
# last day only move outwards. All persons are locked before the first cell is written. After the
# wait for a lock the snapshot is older than the rows, but READ COMMITTED re-evaluates an update on
# the newest row, so it adds to what was committed meanwhile. For that, no count is read by the
# snapshot here: a person gains a podcast if its cell starts with this episode.
_ADD_CELLS = """
    {table}_written AS (
        INSERT INTO {table} AS c (person_id, {column}, appearances, episodes, spoken_ms)
        SELECT person_id, {column}, appearances, 1, spoken_ms FROM contribution CROSS JOIN locked
        ORDER BY person_id
        ON CONFLICT (person_id, {column}) DO UPDATE
            SET appearances = c.appearances + excluded.appearances,
                episodes = c.episodes + 1, spoken_ms = c.spoken_ms + excluded.spoken_ms
        RETURNING c.person_id, c.episodes
    )
"""
_ADD = f"""
    WITH contribution AS MATERIALIZED (
        {contributions_where("s.episode_id = :id AND e.id = :id")}
    ), locked AS MATERIALIZED (
        SELECT count(*) AS people FROM (
            SELECT FROM person WHERE id IN (SELECT person_id FROM contribution)
            ORDER BY id FOR NO KEY UPDATE
        ) p
    ), {_ADD_CELLS.format(table="person_day", column="day")},
    {_ADD_CELLS.format(table="person_podcast", column="podcast_id")}
    UPDATE person p SET appearances = p.appearances + n.appearances, episodes = p.episodes + 1,
        podcasts = p.podcasts + (c.episodes = 1)::int, spoken_ms = p.spoken_ms + n.spoken_ms,
        first_on = least(p.first_on, n.day), last_on = greatest(p.last_on, n.day)
    FROM contribution n JOIN person_podcast_written c USING (person_id)
    WHERE p.id = n.person_id
"""  # noqa: S608  built from constants


def contributions(session: Session, episode_ids: Sequence[int]) -> set[Contribution]:
    """Return the current contributions of these episodes."""
    return set(fetch_all(session, _BY_EPISODE, Contribution, {"ids": list(episode_ids)}))


@contextmanager
def updating_counts(session: Session, episode_ids: Sequence[int]) -> Iterator[None]:
    """Apply to the counts whatever the block changes about these episodes.

    The caller has locked the episodes or their podcast, so that no other transaction changes their
    contributions. Persons are locked only at the end, in id order.
    """
    before = contributions(session, episode_ids)
    yield
    session.flush()
    apply(session, difference(before, contributions(session, episode_ids)))


@contextmanager
def adding_first_counts(session: Session, episode_id: int) -> Iterator[None]:
    """Add the contributions of an episode that has no speakers before the block.

    The caller has locked the episode, as does everything that changes where the episode counts.
    """
    yield
    session.flush()
    execute(session, _ADD, {"id": episode_id})


def apply(session: Session, change: CountDifference) -> None:
    """Lock the affected persons, and update their days, podcasts and totals."""
    if not change.person_ids:
        return
    lock_in_order(session, Person, change.person_ids)
    cells = _columns("day", change.by_day) | _columns("podcast", change.by_podcast)
    execute(session, _APPLY, cells)
    execute(session, UPDATE_PERSON_TOTALS, {"ids": change.person_ids})


def _columns(name: str, cells: Mapping[Any, CountTotals]) -> dict[str, list[Any]]:
    """Return one array for each parameter of ``_APPLY``."""
    return {
        f"{name}_persons": [person for person, _ in cells],
        f"{name}_cells": [cell for _, cell in cells],
        f"{name}_appearances": [totals.appearances for totals in cells.values()],
        f"{name}_episodes": [totals.episodes for totals in cells.values()],
        f"{name}_spoken": [totals.spoken_ms for totals in cells.values()],
    }
