"""Poolers such as PgBouncer, which give each transaction another connection of the server."""

import psycopg
from sqlalchemy import Connection


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


def is_pooled_engine(connection: Connection) -> bool:
    """Whether this connection of SQLAlchemy goes through a pooler."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)  # noqa: S101  narrows for mypy
    return driver.prepare_threshold is None
