"""What was written to the tables between two moments, row by row and as PostgreSQL counts it."""

from dataclasses import dataclass
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import DictRow

# Everything that a re-ingest of the same bytes must leave alone.
TABLES = (
    "podcast", "episode", "transcript", "speaker", "appearance", "raw_body",
    "person", "person_name", "person_day", "person_podcast", "topic", "episode_topic",
)  # fmt: skip
_KEYS = {
    "raw_body": "encode(hash, 'hex')",
    "person_day": "person_id || ' ' || day",
    "person_podcast": "person_id || ' ' || podcast_id",
    "episode_topic": "episode_id || ' ' || topic_id",
}
# A backend reports its figures before it vanishes from the list of those that are connected.
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
    """The place of a row's version, and the transaction that wrote it."""

    ctid: str
    xmin: str


@dataclass(frozen=True)
class Written:
    """Rows of one table by their keys: inserted, updated and deleted."""

    inserted: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Moment:
    """The version of every row, and what PostgreSQL has counted so far."""

    rows: dict[str, dict[str, Version]]
    statistics: dict[str, tuple[int, int, int]]


def moment(connection: "psycopg.Connection[DictRow]") -> Moment:
    """The tables as they are; nobody else may be connected, so that the statistics are complete."""
    while connection.execute(_CONNECTED).fetchall()[0]["backends"]:
        pass  # a backend that is ending
    connection.execute("SELECT pg_stat_clear_snapshot()")
    counted = connection.execute(_STATISTICS, [list(TABLES)]).fetchall()
    return Moment(
        {table: _versions(connection, table) for table in TABLES},
        {row["relname"]: (row["n_tup_ins"], row["n_tup_upd"], row["n_tup_del"]) for row in counted},
    )


def _versions(connection: "psycopg.Connection[DictRow]", table: str) -> dict[str, Version]:
    query = sql.SQL("SELECT ({})::text AS key, ctid::text, xmin::text FROM {}").format(
        sql.SQL(_KEYS.get(table, "id")),
        sql.Identifier(table),
    )
    rows = connection.execute(query).fetchall()
    return {row["key"]: Version(row["ctid"], row["xmin"]) for row in rows}


def written(before: Moment, after: Moment) -> dict[str, Written]:
    """What was written in between, by table; tables that were left alone are left out."""
    changes = {table: _written(before.rows[table], after.rows[table]) for table in TABLES}
    return {table: change for table, change in changes.items() if change != Written()}


def _written(before: dict[str, Version], after: dict[str, Version]) -> Written:
    return Written(
        inserted=frozenset(after.keys() - before.keys()),
        updated=frozenset(key for key in before.keys() & after.keys() if before[key] != after[key]),
        deleted=frozenset(before.keys() - after.keys()),
    )
