"""Fresh databases for tests, created within milliseconds on a running server."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy import make_url


@contextmanager
def fresh_database(server_url: str, name: str, template: str = "template0") -> Iterator[str]:
    """Create a database and yield its SQLAlchemy URL; drop it at the end of the block.

    Args:
        server_url: the SQLAlchemy URL of any database on that server.
        name: the name of the new database; an existing one of that name is replaced.
        template: the database to copy, with its tables and rows; it must have no connections.
    """
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with administrator(server_url) as connection:
        connection.execute(drop)
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        url = make_url(server_url).set(database=name)
        yield url.render_as_string(hide_password=False)
        connection.execute(drop)


def administrator(server_url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A connection of the superuser, outside of any transaction."""
    url = make_url(server_url).set(drivername="postgresql", database="postgres")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
