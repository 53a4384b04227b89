"""Parts of ``select()``: the columns that a dataclass needs, conditions with many values."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import QueryableAttribute


def row_columns(row_type: type, *tables: Any, **others: object) -> list[ColumnElement[Any]]:
    """The columns for ``fetch_all(session, select(*row_columns(Row, Table, …)), Row)``.

    A field is an expression of ``others``, or else the column of its name in the first table that
    has one.

    Raises:
        TypeError: no table has such a column, so a renamed one is found at import.
    """
    names = [field.name for field in fields(row_type)]
    if unknown := others.keys() - set(names):
        raise TypeError(f"{row_type.__name__} has no field {', '.join(sorted(unknown))}")
    return [_column(row_type, name, tables, others).label(name) for name in names]


def _column(row_type: type, name: str, tables: tuple[Any, ...], others: dict[str, object]) -> Any:
    if name in others:
        return others[name]
    for table in tables:
        if isinstance(column := getattr(table, name, None), QueryableAttribute):
            return column
    raise TypeError(f"no column for {row_type.__name__}.{name}")


def any_of(values: Iterable[object]) -> Any:
    """The right side of ``column == …`` for many values, which are one parameter together.

    ``in_`` has a parameter for each, and a statement may have 65,535.
    """
    return func.any(list(values))
