"""Prepared statements: avoided through poolers such as PgBouncer, and otherwise never lost."""

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection

_IN_TRANSACTION = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def is_pooled(connection: "psycopg.Connection[object]") -> bool:
    """Whether something is between this connection and the server's own process.

    The driver learnt a process id when it connected; a pooler invents one, because it does not know
    yet which process will serve us.
    """
    row = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.rollback()
    return row != (connection.info.backend_pid,)


def avoid_prepared_statements(connection: "psycopg.Connection[object]", _: object) -> None:
    """Prepare no statements on a new connection through a pooler.

    The next transaction may run on another connection of the server, which has not prepared them;
    PgBouncer knows of them since 1.21, where max_prepared_statements is set.
    """
    if is_pooled(connection):
        connection.prepare_threshold = None


def keep_prepared_statements(connection: Connection) -> None:
    """Roll a transaction back, so that the driver finds none and keeps what it has prepared.

    The driver forgets its statements when it rolls back, because DDL may have been undone that they
    were prepared with: all are planned again then, which doubles the work of the server where many
    transactions begin twice. Our transactions have no DDL, and the server keeps its statements.
    """
    if connection.invalidated:
        return
    session = driver_of(connection).pgconn
    if session.transaction_status in _IN_TRANSACTION:
        session.exec_(b"ROLLBACK")  # of a lost connection, too, the driver learns by itself


def is_pooled_engine(connection: Connection) -> bool:
    """Whether this connection of SQLAlchemy goes through a pooler."""
    return driver_of(connection).prepare_threshold is None


def driver_of(connection: Connection) -> "psycopg.Connection[object]":
    """The driver's connection under one of SQLAlchemy."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  narrows for mypy
    return driver
