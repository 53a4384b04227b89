"""Keeps everybody's figures equal to the rows, in the transaction that changes the rows.

Whatever changes who speaks where (a transcript stored, an episode re-dated, a podcast removed, a
person merged) runs inside ``updating_counts``: it reads what the episodes contribute before and after,
locks the affected persons in id order, and applies the exact difference. An episode that has no
speakers yet only adds: ``adding_first_counts``.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session

from models.database.sql import execute, rows, statement
from models.queries.visibility import VISIBLE
from tasks.counts.values import Contribution, CountDifference, CountTotals, difference

# Where speech counts: of an episode e and its podcast p.
COUNTED = VISIBLE
# The one definition of what counts: every figure, and the proof of it, is derived from this.
CONTRIBUTIONS = f"""
    SELECT s.person_id, e.podcast_id, e.stats_date AS day, s.episode_id,
           sum(s.appearances)::bigint AS appearances, sum(s.spoken_ms)::bigint AS spoken_ms
    FROM speaker s
    JOIN episode e ON e.id = s.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id IS NOT NULL AND s.appearances > 0 AND {COUNTED}
"""  # noqa: S608  a constant of ours
# The episodes are named twice: the planner does not conclude the second from the first, and reads
# all episodes of the table instead.
_BY_EPISODE = statement(
    CONTRIBUTIONS + " AND s.episode_id = ANY(:ids) AND e.id = ANY(:ids) "
    "GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id"
)
_LOCK = statement("SELECT id FROM person WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")

# A cell's new figures are its present ones plus the difference. The persons are locked, so nobody
# else changes the cells meanwhile; a cell that comes to nothing is deleted.
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
_APPLY = statement(
    "WITH"
    + _APPLY_CELLS.format(name="day", table="person_day", column="day", type="date")
    + ","
    + _APPLY_CELLS.format(
        name="podcast", table="person_podcast", column="podcast_id", type="bigint"
    )
    + "SELECT"
)

_TOTALS = statement("""
    UPDATE person p SET appearances = t.appearances, episodes = t.episodes,
        podcasts = t.podcasts, spoken_ms = t.spoken_ms,
        first_on = (SELECT min(day) FROM person_day WHERE person_id = p.id),
        last_on = (SELECT max(day) FROM person_day WHERE person_id = p.id)
    FROM (
        SELECT i.id, coalesce(sum(c.appearances), 0) AS appearances,
               coalesce(sum(c.episodes), 0) AS episodes, count(c.podcast_id) AS podcasts,
               coalesce(sum(c.spoken_ms), 0) AS spoken_ms
        FROM unnest(CAST(:ids AS bigint[])) AS i (id)
        LEFT JOIN person_podcast c ON c.person_id = i.id GROUP BY i.id
    ) t
    WHERE p.id = t.id
""")


# An episode that contributed nothing only adds: no cell comes to nothing, and a person's days can
# only reach further. All who are added to are locked before the first cell is written. Whoever
# waited for that adds to what was committed meanwhile, although its snapshot is older: what meets
# a newer row is worked out anew from that row. So no figure is read here by the snapshot: a person
# is heard in one podcast more if the cell of it begins with this episode.
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
_ADD = statement(
    f"""
    WITH contribution AS MATERIALIZED (
        {CONTRIBUTIONS} AND s.episode_id = :id AND e.id = :id
        GROUP BY s.person_id, e.podcast_id, e.stats_date, s.episode_id
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
"""  # noqa: S608  constants of ours
)


def contributions(session: Session, episode_ids: Sequence[int]) -> set[Contribution]:
    """What these episodes contribute now."""
    return {Contribution(*row) for row in rows(session, _BY_EPISODE, {"ids": list(episode_ids)})}


@contextmanager
def updating_counts(session: Session, episode_ids: Sequence[int]) -> Iterator[None]:
    """Apply to everybody's figures whatever the block changes about these episodes.

    The caller holds the lock of the episodes or of their podcast, so that what they contribute
    changes by nobody else's hand. Persons are locked only at the end, in id order.
    """
    before = contributions(session, episode_ids)
    yield
    session.flush()
    apply(session, difference(before, contributions(session, episode_ids)))


@contextmanager
def adding_first_counts(session: Session, episode_id: int) -> Iterator[None]:
    """The same for an episode that has no speakers before the block, in one statement.

    The caller holds the episode's lock, and whoever changes where the episode counts takes it too.
    """
    yield
    session.flush()
    execute(session, _ADD, {"id": episode_id})


def apply(session: Session, change: CountDifference) -> None:
    """Lock the affected persons and bring their timeline, podcasts and totals up to date."""
    if not change.person_ids:
        return
    execute(session, _LOCK, {"ids": change.person_ids})
    cells = _columns("day", change.by_day) | _columns("podcast", change.by_podcast)
    execute(session, _APPLY, cells)
    execute(session, _TOTALS, {"ids": change.person_ids})


def _columns(name: str, cells: Mapping[Any, CountTotals]) -> dict[str, list[Any]]:
    """A column for each parameter of ``_APPLY``."""
    return {
        f"{name}_persons": [person for person, _ in cells],
        f"{name}_cells": [cell for _, cell in cells],
        f"{name}_appearances": [figures.appearances for figures in cells.values()],
        f"{name}_episodes": [figures.episodes for figures in cells.values()],
        f"{name}_spoken": [figures.spoken_ms for figures in cells.values()],
    }
