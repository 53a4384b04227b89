"""Metrics of workers: counts and durations, summed over all processes and machines."""

from datetime import datetime

from sqlalchemy import Column, SmallInteger
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment


class MetricBucket(SQLModel, table=True):
    """One bucket of one metric: the number of observations and the sum of their durations.

    ``bucket`` is the index of a bound in tasks/telemetry/values.py; observations without a duration
    are in bucket 0. Values only grow, so two readings give a rate.
    """

    __tablename__ = "metric_bucket"

    name: str = Field(primary_key=True)
    label: str = Field(primary_key=True)
    bucket: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    count: int = big_integer()
    total_ms: int = big_integer()
    updated_at: datetime = moment(nullable=False)
