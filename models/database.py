"""The connection to PostgreSQL: one engine per process, and transactions that are retried."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

import psycopg.errors
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel import Session
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

import models.all_tables  # noqa: F401  whose foreign keys name each other
from models.settings import get_settings
from models.statements import execute, statement, values

Result = TypeVar("Result")

_RETRIABLE = (
    psycopg.errors.DeadlockDetected,  # 40P01
    psycopg.errors.SerializationFailure,  # 40001
    psycopg.errors.LockNotAvailable,
    # Somebody committed the same between our look and our write: the next look sees it.
    psycopg.errors.UniqueViolation,
)


class DatabaseMissing(RuntimeError):
    """No database is configured, and none was started."""


_NOW = statement("SELECT clock_timestamp()")
_UNSYNCED = statement("SELECT set_config('synchronous_commit', 'off', true)")


def driver_url(url: str) -> str:
    """The URL with the driver that we use, from any form that PostgreSQL's own tools accept."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise DatabaseMissing(
            f"OVERHEARD_DATABASE_URL must begin with postgresql://, not with {scheme[:20]!r}"
        )
    return f"postgresql+psycopg://{rest}"


@lru_cache(maxsize=1)
def _engine_of(pid: int) -> Engine:
    """The engine of one process; a forked child gets its own, never its parent's sockets."""
    del pid
    url = get_settings().database_url
    if url is None:
        raise DatabaseMissing("no database: set OVERHEARD_DATABASE_URL")
    return create_engine(
        driver_url(url.get_secret_value()),
        pool_size=4,
        max_overflow=8,
        pool_recycle=1800,
        hide_parameters=True,  # addresses with their tokens are among them
        connect_args={
            "connect_timeout": 10,
            "application_name": "overheard",
            "client_encoding": "utf8",  # the driver reads no text from an SQL_ASCII one without
        },
    )


def engine() -> Engine:
    """The engine of this process, made at the first use."""
    return _engine_of(os.getpid())


def forget_engine() -> None:
    """Drop this process's engine: another database will be used, or the process was forked."""
    _engine_of.cache_clear()


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back by an exception."""
    with Session(engine(), expire_on_commit=False) as session, session.begin():
        yield session


def is_retriable(error: BaseException) -> bool:
    """Whether the same transaction, run again, may well succeed: a lost race or connection."""
    if not isinstance(error, DBAPIError):
        return False
    return isinstance(error.orig, _RETRIABLE) or error.connection_invalidated


def is_unavailable(error: BaseException) -> bool:
    """Whether the database cannot be worked with now, and not only with what it was given.

    By SQLSTATE class: connection, rolled back, resources, in use, operator. A broken connection
    has none.
    """
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state is None or state[:2] in {"08", "40", "53", "55", "57"}


def in_one_line(error: BaseException) -> str:
    """An error for a row and an operator; of a database's, neither the statement nor the rows."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    primary = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    said = f"{type(cause).__name__}: {primary or cause}".replace("\x00", "")
    return said.encode("utf-8", "replace").decode()  # no lone surrogates: they cannot be stored


@retry(
    retry=retry_if_exception(is_retriable),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    reraise=True,
)
def in_transaction(work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run ``work(session, …)`` in a transaction of its own, again after a deadlock (40P01)."""
    with transaction() as session:
        return work(session, *args, **kwargs)


class _Undone(Exception):
    """Ends a rehearsal: the transaction that it comes out of is rolled back."""


def rehearse(work: Callable[..., Result], *args: Any, lock_seconds: float = 2) -> Result:
    """Run ``work(session, …)`` in a transaction that is rolled back; what it returned.

    Its locks are held only for as long as the work takes, and it waits for those of others no
    longer than ``lock_seconds`` before it begins anew. Identities that it drew are left out.
    """
    results: list[Result] = []

    def undone(session: Session) -> None:
        milliseconds = round(lock_seconds * 1000)
        session.connection().execute(
            text("SELECT set_config('lock_timeout', :wait, true)"), {"wait": f"{milliseconds}ms"}
        )
        results.append(work(session, *args))
        raise _Undone

    with suppress(_Undone):
        in_transaction(undone)
    return results[-1]


def commit_unsynced(session: Session) -> None:
    """Let this transaction's commit not wait for the disk.

    For work of which a row tells that it is to be done, until a later commit that does wait: if the
    database is lost in between, it is lost as a whole, found undone, and done again.
    """
    execute(session, _UNSYNCED, {})


def database_time(session: Session) -> datetime:
    """Now, by the clock that all processes share: the database's."""
    now: datetime = values(session, _NOW, {})[0]
    return now
