"""Metered use of plans: answered requests of the API, and audio that was transcribed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment, primary_key


class UsageCounter(SQLModel, table=True):
    """Requests of a holder in a month: their rows in ``usage_log`` and the sum of ``usage_day``.

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
    __table_args__ = (
        Index("usage_log_holder", "holder", "month", "at"),
        Index("usage_log_at", "at", postgresql_using="brin"),
    )

    id: int | None = primary_key()
    holder: str
    month: date
    key_prefix: str
    operation: str
    at: datetime = moment(nullable=False)


class PurgedUsageDay(SQLModel, table=True):
    """Requests of a holder on a day (UTC) that were purged from ``usage_log``, as a sum."""

    __tablename__ = "usage_day"
    __table_args__ = (
        CheckConstraint("requests > 0", name="usage_day_figures"),
        Index("usage_day_month", "month"),
    )

    holder: str = Field(primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    month: date
    requests: int = big_integer()
    first_at: datetime = moment(nullable=False)
    last_at: datetime = moment(nullable=False)


class HeardAudio(SQLModel, table=True):
    """Audio that was transcribed at the charge of a plan: an episode counts once, and for good.

    The month is that in which it was transcribed first, the holder whom its podcast was charged to
    then.
    """

    __tablename__ = "heard_audio"
    __table_args__ = (
        CheckConstraint("audio_ms > 0", name="heard_audio_figures"),
        Index("heard_audio_holder", "holder", "month"),
    )

    episode_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("episode.id"), primary_key=True, autoincrement=False
        )
    )
    holder: str
    month: date
    audio_ms: int = big_integer()
    at: datetime = moment(nullable=False)
