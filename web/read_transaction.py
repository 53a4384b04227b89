"""One look at the database for one page: all of its numbers are of one moment."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from fastapi import HTTPException, Request
from sqlalchemy import text
from sqlmodel import Session

from models.database import transaction
from models.queries.appearances import AppearanceCursor

# A page that takes longer is of no use to whoever waits for it, and keeps others waiting.
STATEMENT_SECONDS = 10
_SNAPSHOT = text(
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; "
    f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'"
)


@contextmanager
def snapshot() -> Iterator[Session]:
    """A transaction that reads one state of everything, and writes nothing."""
    with transaction() as session:
        session.connection().execute(_SNAPSHOT)
        yield session


def without_null_bytes(request: Request) -> None:
    """Answer 400 to an address with a null byte: there is none in anything that is kept."""
    if "\0" in request.url.path or "\0" in unquote(request.url.path + request.url.query):
        raise HTTPException(400)


def place(said: str | None) -> AppearanceCursor | None:
    """The place after which a page begins; 400 for what cannot be one."""
    try:
        return AppearanceCursor.read(said) if said else None
    except ValueError:
        raise HTTPException(400) from None


def key(said: str | None, kind: Callable[[str], object] = str) -> tuple[str, str] | None:
    """The key and the name of the last row before a page, as ``key~name``; 400 if it is neither."""
    if not said:
        return None
    value, separator, name = said.partition("~")
    try:
        kind(value)
    except ValueError:
        separator = ""
    if not separator or not name or len(said) > 400:
        raise HTTPException(400)
    return value, name
