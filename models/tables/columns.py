"""Column definitions shared by tables; each call makes a new Column, as SQLAlchemy requires."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity
from sqlmodel import Field


def primary_key() -> Any:
    """A 64-bit identity, assigned by the database."""
    return Field(
        default=None, sa_column=Column(BigInteger, Identity(always=False), primary_key=True)
    )


def reference(target: str, *, nullable: bool = False, primary_key: bool = False) -> Any:
    """A 64-bit foreign key to ``table.column``."""
    column: Column[int] = Column(
        BigInteger, ForeignKey(target), nullable=nullable, primary_key=primary_key
    )
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def moment(name: str | None = None, *, nullable: bool = True) -> Any:
    """A timestamp with time zone; its column may have another name than the field."""
    column: Column[datetime] = Column(name, DateTime(timezone=True), nullable=nullable)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def big_integer(default: int | None = 0) -> Any:
    """A 64-bit number: milliseconds, bytes, counts."""
    if default is None:
        return Field(default=None, sa_column=Column(BigInteger, nullable=True))
    column = Column(BigInteger, nullable=False, server_default=str(default))
    return Field(default=default, sa_column=column)
