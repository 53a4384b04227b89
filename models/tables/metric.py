"""What workers have measured: counts and durations, summed over all processes and machines."""

from datetime import datetime

from sqlalchemy import Column, SmallInteger
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment


class MetricBucket(SQLModel, table=True):
    """One bucket of one measure: how many there were, and how long they took together.

    ``bucket`` numbers the bounds in tasks/telemetry/values.py; what has no duration is in bucket 0.
    Figures only grow, so that the rate of what happened follows from two readings.
    """

    __tablename__ = "metric_bucket"

    name: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    bucket: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    count: int = big_integer()
    total_ms: int = big_integer()
    updated_at: datetime = moment(nullable=False)
