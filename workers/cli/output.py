"""What commands print: tables for people, JSON for programs."""

import json
import os
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Tables are not cut to a width that does not exist: in a pipe or a file.
_UNBOUNDED = 1_000


def _console() -> Console:
    has_width = Console().is_terminal or "COLUMNS" in os.environ
    return Console() if has_width else Console(width=_UNBOUNDED)


console = _console()
errors = Console(stderr=True)

# A dataclass, or a mapping of column names to values.
Row = Any


def as_record(row: Row) -> dict[str, Any]:
    """Columns of a row by name, whether it is a dataclass or a mapping."""
    if is_dataclass(row) and not isinstance(row, type):
        return asdict(row)
    return dict(row)


def as_records(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Columns of rows by name."""
    return [as_record(row) for row in rows]


def print_json(value: Any) -> None:
    """Print a value as JSON: times in RFC 3339, everything else as stored."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=_as_json))  # noqa: T201


def as_json_line(value: Any) -> str:
    """A value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, default=_as_json)


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def print_table(rows: Sequence[Row], columns: Sequence[str], *, title: str = "") -> None:
    """Print these columns of the rows; numbers are right-aligned with thousands separators."""
    console.print(table_of(rows, columns, title=title))


def table_of(rows: Sequence[Row], columns: Sequence[str], *, title: str = "") -> Table:
    """These columns of the rows as a table."""
    records = [as_record(row) for row in rows]
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        numbers = records and all(isinstance(row.get(column), int | float) for row in records)
        table.add_column(column.replace("_", " "), justify="right" if numbers else "left")
    for row in records:
        table.add_row(*(_cell(row.get(column)) for column in columns))
    return table


def _cell(value: Any) -> Text:
    """A cell as text: titles and labels are hostile input and never markup."""
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.0f}")
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M}")
    return Text("".join(c if c.isprintable() else " " for c in str(value)))


# What an empty list of a new service needs.
FOLLOW_FIRST = "; a podcast is followed with: overheard podcasts add URL"


def show(
    rows: Sequence[Row],
    columns: Sequence[str],
    *,
    as_json: bool,
    title: str = "",
    limit: int | None = None,
    next_step: str = "",
) -> None:
    """Print rows as a table, or as JSON; without rows a table would say less than "nothing".

    Where there are as many as the ``limit``, a line says that there may be more.
    """
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        console.print(f"nothing{next_step}")
        return
    print_table(rows, columns, title=title)
    if limit and len(rows) >= limit:
        print_error(f"the first {limit:,}: --limit shows more")


def duration(seconds: float | None) -> str:
    """Seconds as days, hours, minutes and seconds; empty for None."""
    return "" if seconds is None else str(timedelta(seconds=round(seconds)))


def print_line(text: str) -> None:
    """Print a sentence as it is, without markup, wrapped between words on a terminal."""
    _print_wrapped(console, text)


def print_error(text: str, *, style: str | None = None) -> None:
    """Print a sentence on standard error as it is, without markup, wrapped on a terminal."""
    _print_wrapped(errors, text, style=style)


def _print_wrapped(output: Console, text: str, *, style: str | None = None) -> None:
    if output.is_terminal:  # a URL that is longer than a line stays whole, to be copied
        width = output.width
        text = "\n".join(
            textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
            for line in text.split("\n")
        )
    output.print(text, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
