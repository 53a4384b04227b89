"""Writes to the tables between two snapshots, by row and by PostgreSQL's statistics."""

from dataclasses import dataclass
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

# All tables that a re-ingest of the same bytes must not change.
TABLES = (
    "podcast",
    "episode",
    "transcript",
    "speaker",
    "appearance",
    "raw_body",
    "person",
    "person_name",
    "person_day",
    "person_podcast",
    "topic",
    "episode_topic",
)
_KEYS = {
    "raw_body": "encode(hash, 'hex')",
    "person_day": "person_id || ' ' || day",
    "person_podcast": "person_id || ' ' || podcast_id",
    "episode_topic": "episode_id || ' ' || topic_id",
}
# A backend reports its statistics before it disappears from pg_stat_activity.
_CONNECTED = """
    SELECT count(*) AS backends FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND datname = current_database()
"""
_STATISTICS = """
    SELECT relname, n_tup_ins, n_tup_upd, n_tup_del FROM pg_stat_user_tables
    WHERE relname = ANY(%s) ORDER BY relname
"""


class Version(NamedTuple):
    """The place of a row version, and the transaction that wrote it."""

    ctid: str
    xmin: str


@dataclass(frozen=True)
class Written:
    """Rows of one table by their keys: inserted, updated and deleted."""

    inserted: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Snapshot:
    """The version of every row, and PostgreSQL's statistics so far."""

    rows: dict[str, dict[str, Version]]
    statistics: dict[str, tuple[int, int, int]]


def take_snapshot(connection: "psycopg.Connection[DictRow]") -> Snapshot:
    """A snapshot of the tables, once no other backend is connected with unreported statistics."""
    while connection.execute(_CONNECTED).fetchall()[0]["backends"]:
        pass  # a backend that is exiting
    connection.execute("SELECT pg_stat_clear_snapshot()")
    counted = connection.execute(_STATISTICS, [list(TABLES)]).fetchall()
    return Snapshot(
        {table: row_versions(connection, table) for table in TABLES},
        {row["relname"]: (row["n_tup_ins"], row["n_tup_upd"], row["n_tup_del"]) for row in counted},
    )


def row_versions(connection: "psycopg.Connection[DictRow]", table: str) -> dict[str, Version]:
    """The version of every row of a table, by its key."""
    query = sql.SQL("SELECT ({})::text AS key, ctid::text, xmin::text FROM {}").format(
        sql.SQL(_KEYS.get(table, "id")),
        sql.Identifier(table),
    )
    rows = connection.execute(query).fetchall()
    return {row["key"]: Version(row["ctid"], row["xmin"]) for row in rows}


def written(before: Snapshot, after: Snapshot) -> dict[str, Written]:
    """The writes between two snapshots by table; unchanged tables are omitted."""
    changes = {table: _written(before.rows[table], after.rows[table]) for table in TABLES}
    return {table: change for table, change in changes.items() if change != Written()}


def _written(before: dict[str, Version], after: dict[str, Version]) -> Written:
    return Written(
        inserted=frozenset(after.keys() - before.keys()),
        updated=frozenset(key for key in before.keys() & after.keys() if before[key] != after[key]),
        deleted=frozenset(before.keys() - after.keys()),
    )
