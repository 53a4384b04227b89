"""Statements within a session's transaction: typed ``select()``s, or plain SQL for the driver.

``fetch_all`` and its siblings read, and map rows to dataclasses by name; ``execute`` writes. Each
takes a statement built with SQLAlchemy from the tables, whose columns mypy checks, or plain SQL
with named parameters as ``:name`` where a set-based statement is the point. Plain SQL goes directly
to the driver: a statement of one row takes it 0.1 ms and ``Connection.execute`` three times as
long. All belong to the session's transaction, and raise the same errors.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NewType, TypeVar

import psycopg
from psycopg.rows import RowFactory, dict_row, kwargs_row, namedtuple_row
from sqlalchemy import Executable, SelectBase
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlmodel import Session, SQLModel

Statement = NewType("Statement", bytes)
Row = TypeVar("Row")

# Key of ``session.info``: the transaction, and the driver's connection of it.
_DRIVER = "driver"

_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


def statement(sql: str) -> Statement:
    """Compile SQL with ``:name`` params, as in ``sqlalchemy.text``, for the driver."""
    return Statement(_PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")).encode())


# Read queries are some hundreds of constants, and a few are put together from constant parts.
_compiled = lru_cache(maxsize=1000)(statement)


class Compiled:
    """A statement of the tables that is compiled once, on first use, and runs like plain SQL.

    For pages: SQLAlchemy takes 0.1 to 0.4 ms to build a statement and run it. What varies is a
    ``bindparam``; rows have plain text for members of an enum.
    """

    def __init__(self, query: SelectBase) -> None:
        self._query = query

    @cached_property
    def sql(self) -> Statement:
        """The text for the driver."""
        return Statement(self._compiled.string.encode())

    @cached_property
    def constants(self) -> dict[str, object]:
        """The values that are part of the statement."""
        return {name: value for name, value in self._compiled.params.items() if value is not None}

    @cached_property
    def _compiled(self) -> SQLCompiler:
        dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
        compiled = self._query.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101  narrows for mypy
        return compiled


# A statement of SQLAlchemy, plain SQL, or one of them that was compiled before.
Query = Executable | Compiled | str | Statement


def fetch_all(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
    *,
    prepare: bool | None = None,
) -> list[Row]:
    """Run a query and map each row to a dataclass, columns to fields by name.

    Instead of a dataclass it may be a function that makes one from the columns.

    With ``prepare=False`` plain SQL is planned for its parameters each time: for a query whose best
    plan depends on how many rows they select.

    Raises:
        TypeError: the columns of the query are not the fields of the dataclass.
    """
    if isinstance(query, Executable):
        found = session.connection().execute(query, params)
        names = [str(name) for name in found.keys()]  # noqa: SIM118  a result is no dictionary
        return [row_type(**dict(zip(names, row, strict=True))) for row in found]
    return _executed(session, query, params, kwargs_row(row_type), prepare).fetchall()


def fetch_one(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
) -> Row | None:
    """Run a query and map its first row to a dataclass by name; None without a row."""
    return next(iter(fetch_all(session, query, row_type, params)), None)


def fetch_only(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
) -> Row:
    """Run a query that always has one row, such as one of sums, and map it by name."""
    (row,) = fetch_all(session, query, row_type, params)
    return row


def fetch_values(
    session: Session, query: Query, params: Mapping[str, object] | None = None
) -> list[Any]:
    """Run a query and return its first column."""
    if isinstance(query, Executable):
        return list(session.connection().execute(query, params).scalars())
    return [row[0] for row in _executed(session, query, params).fetchall()]


def fetch_value(session: Session, query: Query, params: Mapping[str, object] | None = None) -> Any:
    """Run a query and return the first column of its first row; None without a row."""
    return next(iter(fetch_values(session, query, params)), None)


def fetch_dicts(
    session: Session, query: Query, params: Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Run a query and return rows as dictionaries: for exports, whose rows become JSON."""
    if isinstance(query, Executable):
        return [dict(row) for row in session.connection().execute(query, params).mappings()]
    return _executed(session, query, params, dict_row).fetchall()


def rows(session: Session, sql: Statement, params: Mapping[str, object]) -> list[Any]:
    """Run a statement and return its rows as named tuples."""
    return _executed(session, sql, params).fetchall()


def values(session: Session, sql: Statement, params: Mapping[str, object]) -> list[Any]:
    """Run a statement and return its first column."""
    return fetch_values(session, sql, params)


def as_recordset(records: Iterable[Mapping[str, object]]) -> str:
    """Records as JSON for ``json_to_recordset``: 40 % faster than an array for each column."""
    return json.dumps(list(records), ensure_ascii=False)


def execute(session: Session, query: Query, params: Mapping[str, object] | None = None) -> int:
    """Run a statement without a result; return how many rows it changed."""
    if isinstance(query, Executable):
        options = {"preserve_rowcount": True}  # without it, that of an INSERT is unknown
        connection = session.connection()
        return connection.execute(query, params, execution_options=options).rowcount
    return _executed(session, query, params).rowcount


def lock_in_order(session: Session, table: type[SQLModel], ids: Sequence[int]) -> None:
    """Lock rows in the order of their ids, as all transactions do, so that none deadlocks.

    The lock leaves readers and foreign keys alone.
    """
    query = f"SELECT id FROM {table.__tablename__} WHERE id = ANY(:ids) ORDER BY id"  # noqa: S608
    execute(session, query + " FOR NO KEY UPDATE", {"ids": list(ids)})


def _executed(
    session: Session,
    sql: str | Statement | Compiled,
    params: Mapping[str, object] | None,
    row_factory: "RowFactory[Any]" = namedtuple_row,
    prepare: bool | None = None,
) -> "psycopg.Cursor[Any]":
    connection = driver_connection(session)
    if isinstance(sql, Compiled):
        params = sql.constants | dict(params or {})
        sql = sql.sql
    compiled = _compiled(sql) if isinstance(sql, str) else sql
    try:
        cursor = connection.cursor(row_factory=row_factory)
        return cursor.execute(compiled, params or {}, prepare=prepare)
    except psycopg.Error as error:
        raise _as_sqlalchemy_error(session, error, lost=connection.closed) from error


def _as_sqlalchemy_error(session: Session, error: psycopg.Error, *, lost: bool) -> BaseException:
    """Convert a driver error to SQLAlchemy's, and invalidate the connection if it is lost."""
    connection = session.connection()
    if lost:
        connection.invalidate(error)
    return DBAPIError.instance(
        None,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=connection.dialect,
    )


def driver_connection(session: Session) -> "psycopg.Connection[Any]":
    """Return the psycopg connection under a session, for COPY within its transaction.

    Cached for the transaction: finding it costs SQLAlchemy a tenth of a short statement.
    """
    transaction, connection = session.info.get(_DRIVER, (None, None))
    if transaction is None or transaction is not session.get_transaction():
        connection = session.connection().connection.driver_connection
        session.info[_DRIVER] = (session.get_transaction(), connection)
    assert isinstance(connection, psycopg.Connection)  # noqa: S101  narrows for mypy
    return connection
