"""How a question is put: plain SQL with named parameters, rows as dictionaries."""

from functools import lru_cache
from typing import Any

from sqlmodel import Session

from models.database.sql import dictionaries, statement

Row = dict[str, Any]

# What counts and is shown, of an episode ``e`` and its podcast ``p``; as in tasks/counts.
VISIBLE = "e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')"


def rows(session: Session, query: str, **asked: Any) -> list[Row]:
    """The rows of a query."""
    return dictionaries(session, _statement(query), asked)


def query_unprepared(session: Session, query: str, **asked: Any) -> list[Row]:
    """The same of a query whose best plan is another one for who has a thousand times as much."""
    return dictionaries(session, _statement(query), asked, prepare=False)


def first(session: Session, query: str, **asked: Any) -> Row | None:
    """The first row of a query, if there is one."""
    found = rows(session, query, **asked)
    return found[0] if found else None


# Questions are some hundreds, put together of parts of our own.
_statement = lru_cache(maxsize=1000)(statement)
