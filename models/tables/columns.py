"""Column definitions shared by tables; each call makes a new Column, as SQLAlchemy requires."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Identity,
    String,
    TypeDecorator,
)
from sqlmodel import Field


class EnumText(TypeDecorator[StrEnum]):
    """A member of an enum, stored as its text; ``member_of`` is the CHECK beside it.

    Not ``sqlalchemy.Enum``, whose columns have a length: a longer name would need a new type.
    """

    impl = String
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """The text. That of no member finds no row, and the CHECK refuses to store it."""
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """The member with this text."""
        del dialect
        return None if value is None else self.members(value)


def member(
    members: type[StrEnum],
    default: StrEnum | None = None,
    *,
    nullable: bool = False,
    server_default: bool = False,
) -> Any:
    """A column for a member of an enum, such as a state.

    With ``server_default`` the database knows the default too, as for a column that was added to
    a table: workers of the version before insert rows without it.
    """
    of_server = default.value if server_default and default else None
    column: Column[StrEnum] = Column(EnumText(members), nullable=nullable, server_default=of_server)
    if default is None and not nullable:
        return Field(sa_column=column)
    return Field(default=default, sa_column=column)


def member_of(table: str, column: str, members: type[StrEnum]) -> CheckConstraint:
    """The CHECK that a column has the text of a member; it allows NULL."""
    names = ", ".join(f"'{each.value}'" for each in members)
    return CheckConstraint(f"{column} IN ({names})", name=f"{table}_{column}")


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
