"""Database errors: whether to retry, and what to tell an operator."""

import psycopg.errors
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

_RETRIABLE = (
    psycopg.errors.DeadlockDetected,  # 40P01
    psycopg.errors.SerializationFailure,  # 40001
    psycopg.errors.LockNotAvailable,
    # Another transaction inserted the same row between our read and our write.
    psycopg.errors.UniqueViolation,
)

# SQLSTATE classes: connection, rolled back, resources, object in use, operator intervention.
_UNAVAILABLE_CLASSES = {"08", "40", "53", "55", "57"}


def is_retriable(error: BaseException) -> bool:
    """Whether the same transaction may succeed when run again: a lost race or connection."""
    if not isinstance(error, DBAPIError):
        return False
    return isinstance(error.orig, _RETRIABLE) or error.connection_invalidated


def is_unavailable(error: BaseException) -> bool:
    """Whether the database is unavailable, rather than the statement wrong.

    Decided by the SQLSTATE class (PostgreSQL, appendix A); a broken connection has none.
    """
    if not isinstance(error, InterfaceError | OperationalError):
        return False
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state is None or state[:2] in _UNAVAILABLE_CLASSES


def summarize_error(error: BaseException) -> str:
    """The error as one line for a row or a log, without statement or parameters."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    primary = cause.diag.message_primary if isinstance(cause, psycopg.Error) else None
    summary = f"{type(cause).__name__}: {primary or cause}".replace("\x00", "")
    return summary.encode("utf-8", "replace").decode()  # PostgreSQL stores no lone surrogates
