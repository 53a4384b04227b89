"""Paused and draining queues; a queue without a row is open."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment


class QueueState(StrEnum):
    """``draining``: sent messages are done, no more are sent. ``paused``: no job is started."""

    open = "open"
    draining = "draining"
    paused = "paused"


class QueuePause(SQLModel, table=True):
    """A queue that is not open: since when, and who requested it."""

    __tablename__ = "queue_pause"
    __table_args__ = (member_of("queue_pause", "state", QueueState),)

    name: str = Field(primary_key=True)
    state: QueueState = member(QueueState)
    since: datetime = moment(nullable=False)
    requested_by: str = ""
