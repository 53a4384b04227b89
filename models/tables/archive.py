"""Progress through the archive pages of a feed (RFC 5005)."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment, reference


class PagesState(StrEnum):
    """Progress of an archive: reading → done, or failed."""

    reading = "reading"
    done = "done"
    failed = "failed"


class ArchiveState(SQLModel, table=True):
    """The archive pages of one feed (RFC 5005): the next page, those read, outcome and reason.

    ``relation`` is the link relation between pages, ``next`` or ``prev-archive``; ``until_url`` the
    page at which an earlier run began; ``seen`` the keys of the pages read. ``feed_due_at`` is when
    the feed itself is due, independent of its pages.
    """

    __tablename__ = "archive_progress"
    __table_args__ = (
        member_of("archive_progress", "state", PagesState),
        Index("archive_progress_state", "state"),
    )

    podcast_id: int = reference("podcast.id", primary_key=True)
    relation: str
    first_url: str
    next_url: str | None = None
    until_url: str | None = None
    seen: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    pages: int = 0
    new: int = 0
    state: PagesState = member(PagesState, PagesState.reading)
    reason: str | None = None
    message: str | None = None
    error_count: int = 0
    feed_due_at: datetime | None = moment()
    feed_due_reason: str = ""
    began_at: datetime = moment(nullable=False)
    read_at: datetime | None = moment()
