"""The SQLAlchemy engine: one for each process."""

import os
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event

from models.database.prepared_statements import avoid_prepared_statements, keep_prepared_statements
from models.settings import get_settings
from models.tls import database_tls

# How long a thread waits for a connection while all are in use; a page is then answered with 503.
POOL_SECONDS = 10
_POOL = {"pool_size": 4, "max_overflow": 8, "pool_timeout": POOL_SECONDS, "pool_recycle": 1800}


class DatabaseMissing(RuntimeError):
    """No database is configured, and none was started."""


def driver_url(url: str) -> str:
    """The URL with our driver, from any form that PostgreSQL's own tools accept.

    Raises:
        DatabaseMissing: the URL is not one of PostgreSQL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise DatabaseMissing(
            f"OVERHEARD_DATABASE_URL must begin with postgresql://, not with {scheme[:20]!r}"
        )
    return f"postgresql+psycopg://{rest}"


@lru_cache(maxsize=1)
def _engine_of(pid: int) -> Engine:
    """The engine of one process: a forked child must not use its parent's sockets."""
    del pid
    url = get_settings().database_url
    if url is None:
        raise DatabaseMissing("no database: set OVERHEARD_DATABASE_URL")
    return _create_engine(url.get_secret_value(), **_POOL)


@lru_cache(maxsize=1)
def _replica_of(pid: int, url: str) -> Engine:
    """The engine of one process for the replica."""
    del pid
    return _create_engine(url, **_POOL)


def _create_engine(url: str, **pool: Any) -> Engine:
    created = create_engine(
        driver_url(url),
        hide_parameters=True,  # feed URLs with their tokens are among them
        connect_args={
            "connect_timeout": 10,
            "application_name": "overheard",
            "client_encoding": "utf8",  # without it, the driver reads no text from SQL_ASCII
            **database_tls(url),
        },
        **pool,
    )
    event.listen(created, "connect", avoid_prepared_statements)
    event.listen(created, "rollback", keep_prepared_statements)
    return created


def engine() -> Engine:
    """The engine of this process, created on first use."""
    return _engine_of(os.getpid())


def read_engine() -> Engine:
    """The engine for pages that may be a moment old: of the replica, or that of the process."""
    url = get_settings().read_database_url
    return _replica_of(os.getpid(), url.get_secret_value()) if url else engine()


def owner_engine() -> Engine | None:
    """An engine of the role that owns the tables, where another one is the service's."""
    url = get_settings().migration_database_url
    return _create_engine(url.get_secret_value(), poolclass=NullPool) if url else None


def forget_engine() -> None:
    """Drop this process's engine: the database changed, or the process was forked."""
    _engine_of.cache_clear()
    _replica_of.cache_clear()
