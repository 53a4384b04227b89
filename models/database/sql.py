"""Statements that run many times a second, given to the driver without what SQLAlchemy adds.

A statement of one row takes the driver 0.1 ms and ``Connection.execute`` three times as long, and
a transcript is stored in eight of them. They belong to the session's transaction like any other,
and fail with the same errors.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NewType

import psycopg
from psycopg.rows import RowFactory, dict_row, namedtuple_row
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

Statement = NewType("Statement", bytes)

# Where a session has its transaction and the driver's connection of it.
_DRIVER = "driver"

_PARAMETER = re.compile(r"(?<![:\w]):(\w+)")


def statement(sql: str) -> Statement:
    """SQL with ``:name`` for its parameters, as ``sqlalchemy.text`` has them, for the driver."""
    return Statement(_PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")).encode())


def rows(session: Session, asked: Statement, parameters: Mapping[str, object]) -> list[Any]:
    """What a statement answers: named tuples."""
    return _executed(session, asked, parameters).fetchall()


def dictionaries(
    session: Session,
    asked: Statement,
    parameters: Mapping[str, object],
    *,
    prepare: bool | None = None,
) -> list[dict[str, Any]]:
    """What a statement answers: a dictionary for each row.

    One that is not to be prepared is planned each time, for what it is asked about.
    """
    return _executed(session, asked, parameters, dict_row, prepare).fetchall()


def values(session: Session, asked: Statement, parameters: Mapping[str, object]) -> list[Any]:
    """The first column of what a statement answers."""
    return [row[0] for row in rows(session, asked, parameters)]


def as_recordset(records: Iterable[Mapping[str, object]]) -> str:
    """Records for ``json_to_recordset``: sixteen columns in 0.6 of the time of as many arrays."""
    return json.dumps(list(records), ensure_ascii=False)


def execute(session: Session, asked: Statement, parameters: Mapping[str, object]) -> int:
    """Run a statement that answers nothing; the number of rows that it touched."""
    return _executed(session, asked, parameters).rowcount


def _executed(
    session: Session,
    asked: Statement,
    parameters: Mapping[str, object],
    row_factory: "RowFactory[Any]" = namedtuple_row,
    prepare: bool | None = None,
) -> "psycopg.Cursor[Any]":
    connection = driver_connection(session)
    try:
        cursor = connection.cursor(row_factory=row_factory)
        return cursor.execute(asked, parameters, prepare=prepare)
    except psycopg.Error as error:
        raise _as_elsewhere(session, error, lost=connection.closed) from error


def _as_elsewhere(session: Session, error: psycopg.Error, *, lost: bool) -> BaseException:
    """The error as SQLAlchemy raises it, with the connection given up if it is lost."""
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
    """The psycopg connection under a session, for COPY, within the session's transaction.

    It is looked up once in a transaction: SQLAlchemy takes a tenth of a short statement to find it.
    """
    transaction, connection = session.info.get(_DRIVER, (None, None))
    if transaction is None or transaction is not session.get_transaction():
        connection = session.connection().connection.driver_connection
        session.info[_DRIVER] = (session.get_transaction(), connection)
    assert isinstance(connection, psycopg.Connection)  # noqa: S101  narrows for mypy
    return connection
