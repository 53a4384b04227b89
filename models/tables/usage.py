"""Metered use of the API: a log of answered requests, and its sums by month."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, Date, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment, primary_key


class UsageCounter(SQLModel, table=True):
    """Requests of a holder in a month: the number of their rows in ``usage_log``.

    The holder is ``account:ID``, or ``key:ID`` for a key that belongs to no account.
    """

    __tablename__ = "usage_counter"
    __table_args__ = (CheckConstraint("requests > 0", name="usage_counter_figures"),)

    holder: str = Field(primary_key=True)
    month: date = Field(sa_column=Column(Date, primary_key=True))
    requests: int = big_integer()


class UsageLog(SQLModel, table=True):
    """One request that was answered, written with its counter in one statement."""

    __tablename__ = "usage_log"
    __table_args__ = (Index("usage_log_holder", "holder", "month", "at"),)

    id: int | None = primary_key()
    holder: str
    month: date
    key_prefix: str
    operation: str
    at: datetime = moment(nullable=False)
