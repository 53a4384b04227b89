"""A span for each SQL statement of traced work: its text, without its parameters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from opentelemetry.trace import SpanKind

from workers.telemetry.spans import is_in_span, open_span

# Longer texts are truncated.
TEXT_LENGTH = 2000


def trace_statements(connection: "psycopg.Connection[Any]", _: object) -> None:
    """Let the cursors of a new connection start spans."""
    connection.cursor_factory = TracedCursor


class TracedCursor(psycopg.Cursor[Any]):
    """A cursor whose statements are spans where their work is traced."""

    def execute(self, query: Any, *args: Any, **options: Any) -> "TracedCursor":
        """Run a statement."""
        with _statement_span(query):
            super().execute(query, *args, **options)
        return self

    def executemany(self, query: Any, *args: Any, **options: Any) -> None:
        """Run a statement for many parameters."""
        with _statement_span(query):
            super().executemany(query, *args, **options)

    @contextmanager
    def copy(self, statement: Any, *args: Any, **options: Any) -> Iterator[psycopg.Copy]:
        """Copy rows."""
        with _statement_span(statement), super().copy(statement, *args, **options) as copy:
            yield copy


@contextmanager
def _statement_span(query: object) -> Iterator[None]:
    if not is_in_span():
        yield
        return
    text = _text(query)
    operation = text.partition(" ")[0].upper() or "SQL"
    attributes = {
        "db.system.name": "postgresql",
        "db.operation.name": operation,
        "db.query.text": text[:TEXT_LENGTH],
    }
    with open_span(operation, SpanKind.CLIENT, attributes):
        yield


def _text(query: object) -> str:
    """The text on one line; none of a statement that psycopg composes, as values are part of it."""
    text = query.decode(errors="replace") if isinstance(query, bytes) else query
    return " ".join(text.split()) if isinstance(text, str) else ""
