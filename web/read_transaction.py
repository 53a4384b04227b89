"""One read transaction for each page: all of its numbers are of one snapshot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from urllib.parse import unquote

from fastapi import HTTPException, Request
from sqlmodel import Session

from models.database import read_transaction, transaction
from models.database.sql import execute
from models.queries.appearances import AppearanceCursor
from models.queries.shown import reveal

# Ids have 64 bits.
MAX_ID_DIGITS = 18
# A slower page is of no use to its reader, and delays others.
STATEMENT_SECONDS = 10
_SNAPSHOT = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
    f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"
)


# Whether the current request has to see what was committed a moment ago.
is_current: ContextVar[bool] = ContextVar("is_current", default=False)


@contextmanager
def snapshot(*, revealing: bool = False, current: bool = False) -> Iterator[Session]:
    """A read-only transaction with one snapshot of the database, or of its replica.

    With ``revealing`` its rows have the URLs of private podcasts: only for operators. With
    ``current`` it never reads the replica, which may be a moment behind.
    """
    with transaction() if current or is_current.get() else read_transaction() as session:
        execute(session, _SNAPSHOT)
        if revealing:
            reveal(session)
        yield session


def without_null_bytes(request: Request) -> None:
    """Answer 400 to a URL with a null byte, which PostgreSQL cannot store."""
    if "\0" in request.url.path or "\0" in unquote(request.url.path + request.url.query):
        raise HTTPException(400)


def place(text: str | None) -> AppearanceCursor | None:
    """Parse the cursor after which a page begins; 400 if it is none."""
    try:
        return AppearanceCursor.read(text) if text else None
    except ValueError:
        raise HTTPException(400) from None


def key(text: str | None, kind: Callable[[str], object] = str) -> tuple[str, str] | None:
    """Parse the key and name of the last row of the page before, ``key~name``; 400 otherwise."""
    if not text:
        return None
    value, separator, name = text.partition("~")
    try:
        kind(value)
    except ValueError:
        separator = ""
    if not separator or not name or len(text) > 400:
        raise HTTPException(400)
    return value, name
