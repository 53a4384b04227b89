"""The tables and sequences of a database, and their rows as the text of COPY."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import TopologicalSorter

from psycopg import sql

from models.database import Session
from models.database.sql import driver_connection, fetch_all

# Alembic's own table is made by the migrations; generated columns by PostgreSQL.
_TABLES = """
    SELECT c.relname AS name,
           (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                AND a.attgenerated = '') AS columns,
           coalesce((SELECT array_agg(a.attname::text
                                      ORDER BY array_position(i.indkey::int2[], a.attnum))
            FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
            WHERE i.indrelid = c.oid AND i.indisprimary), '{}') AS key,
           coalesce((SELECT array_agg(DISTINCT r.relname::text) FROM pg_constraint f
            JOIN pg_class r ON r.oid = f.confrelid
            WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confrelid <> c.oid), '{}') AS parents
    FROM pg_class c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
        AND c.relname <> 'alembic_version'
    ORDER BY c.relname
"""
_SEQUENCES = """
    SELECT sequencename AS name, coalesce(last_value, 0) AS value FROM pg_sequences
    WHERE schemaname = 'public' ORDER BY sequencename
"""


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table: its columns without generated ones, its primary key, and what it refers to."""

    name: str
    columns: list[str]
    key: list[str]
    parents: list[str]


@dataclass(frozen=True, slots=True)
class _Sequence:
    name: str
    value: int


def stored_tables(session: Session) -> list[StoredTable]:
    """All tables, each behind those to which its rows refer."""
    tables = {table.name: table for table in fetch_all(session, _TABLES, StoredTable)}
    order = TopologicalSorter({name: table.parents for name, table in tables.items()})
    return [tables[name] for name in order.static_order()]


def sequences(session: Session) -> dict[str, int]:
    """The last value of each sequence; 0 where none was drawn."""
    return {each.name: each.value for each in fetch_all(session, _SEQUENCES, _Sequence)}


def copied_rows(session: Session, table: StoredTable) -> Iterator[bytes]:
    """The rows of a table as text of COPY, in the order of its primary key."""
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    order = sql.SQL(", ").join(map(sql.Identifier, table.key or table.columns))
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        names, sql.Identifier(table.name), order
    )
    with driver_connection(session).cursor().copy(query) as copy:
        yield from map(bytes, copy)
