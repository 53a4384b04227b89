"""Top lists of a podcast store: when each was polled, and its positions day by day."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Column, Date, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import moment


class StoreChart(SQLModel, table=True):
    """A top list, as ``us`` or ``us/1303`` (country and genre), and its last poll."""

    __tablename__ = "store_chart"

    chart: str = Field(primary_key=True)
    next_poll_at: datetime = moment(nullable=False)
    last_ok_at: datetime | None = moment()
    etag: str | None = None
    last_modified: str | None = None
    reason: str | None = None
    message: str | None = None


class StorePosition(SQLModel, table=True):
    """A podcast's position in a top list on a day; the last poll of a day decides."""

    __tablename__ = "store_position"
    __table_args__ = (
        CheckConstraint("rank > 0", name="store_position_rank"),
        Index("store_position_podcast", "chart", "apple_id", "day"),
    )

    chart: str = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    rank: int = Field(primary_key=True)
    apple_id: str
    title: str
    author: str
