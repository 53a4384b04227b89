"""How far the back catalogue of a podcast has been read, where its feed has pages."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, reference


class PagesState(StrEnum):
    """Where the reading of pages stands: reading → done, or failed."""

    reading = "reading"
    done = "done"
    failed = "failed"


class ArchiveState(SQLModel, table=True):
    """The pages of one feed (RFC 5005): which is next, which were read, how it ended and why.

    ``relation`` is the link that leads from page to page, ``next`` or ``prev-archive``;
    ``until_url`` the archive at which an earlier reading began; ``seen`` the keys of the pages
    that were read. ``feed_due_at`` is when the feed itself is due, whatever becomes of its pages.
    """

    __tablename__ = "archive_progress"
    __table_args__ = (Index("archive_progress_state", "state"),)

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
    state: str = PagesState.reading
    reason: str | None = None
    message: str | None = None
    error_count: int = 0
    feed_due_at: datetime | None = moment()
    feed_due_reason: str = ""
    began_at: datetime = moment(nullable=False)
    read_at: datetime | None = moment()
