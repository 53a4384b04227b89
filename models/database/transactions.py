"""Transactions: committed or rolled back as a whole, and retried after a lost race."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlmodel import Session
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_random_exponential

from models.database.engine import engine, read_engine
from models.database.errors import is_retriable
from models.database.outside import Results, info_with, rounds
from models.database.sql import execute, fetch_value

Result = TypeVar("Result")


@contextmanager
def transaction(results: Results | None = None) -> Iterator[Session]:
    """One transaction: committed at the end of the block, rolled back by an exception."""
    info = None if results is None else info_with(results)
    with Session(engine(), expire_on_commit=False, info=info) as session, session.begin():
        yield session


@contextmanager
def read_transaction() -> Iterator[Session]:
    """A transaction for reading: on the replica, where there is one."""
    with Session(read_engine(), expire_on_commit=False) as session, session.begin():
        yield session


def in_transaction(work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    """Run ``work(session, …)`` in a transaction of its own; retried after a deadlock (40P01).

    What it needs of ``computed_outside`` is computed while no transaction is open, as far as other
    transactions let it.
    """
    return rounds(lambda results: _committed(results, work, *args, **kwargs))


@retry(
    retry=retry_if_exception(is_retriable),
    stop=stop_after_attempt(5),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    reraise=True,
)
def _committed(
    results: Results | None, work: Callable[..., Result], *args: Any, **kwargs: Any
) -> Result:
    with transaction(results) as session:
        return work(session, *args, **kwargs)


class _RolledBack(Exception):
    """Ends a dry run: the transaction that it leaves is rolled back."""


def dry_run(work: Callable[..., Result], *args: Any, lock_seconds: float = 2) -> Result:
    """Run ``work(session, …)`` in a transaction that is rolled back, and return its result.

    It waits for the locks of others no longer than ``lock_seconds`` before it starts again.
    Sequences keep the values that it drew.
    """
    results: list[Result] = []

    def rolled_back(session: Session) -> None:
        milliseconds = round(lock_seconds * 1000)
        execute(session, select(func.set_config("lock_timeout", f"{milliseconds}ms", True)))
        results.append(work(session, *args))
        raise _RolledBack

    with suppress(_RolledBack):
        in_transaction(rolled_back)
    return results[-1]


def set_async_commit(session: Session) -> None:
    """Commit this transaction without waiting for the disk (``synchronous_commit = off``).

    For work that a row marks as unfinished until a later, synchronous commit: after a crash of the
    database it is lost as a whole, found unfinished, and done again.
    """
    execute(session, "SET LOCAL synchronous_commit = off")


def database_time(session: Session) -> datetime:
    """The current time by the database's clock, which all processes share."""
    now: datetime = fetch_value(session, "SELECT clock_timestamp()")
    return now


def read_one_snapshot(session: Session) -> None:
    """Let all statements of a new transaction read the same snapshot of the database."""
    execute(session, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
