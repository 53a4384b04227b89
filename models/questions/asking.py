"""How a question is put: plain SQL with named parameters, rows as dictionaries."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

Row = dict[str, Any]

# What counts and is shown, of an episode ``e`` and its podcast ``p``; as in tasks/counts.
VISIBLE = "e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')"


def rows(session: Session, query: str, **asked: Any) -> list[Row]:
    """The rows of a query."""
    return [dict(row) for row in session.connection().execute(text(query), asked).mappings()]


def first(session: Session, query: str, **asked: Any) -> Row | None:
    """The first row of a query, if there is one."""
    row = session.connection().execute(text(query), asked).mappings().first()
    return dict(row) if row is not None else None
