"""Issues of the blog: digests of a week, month or year, frozen when they were published."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment, primary_key


class IssuePeriod(StrEnum):
    """The time that an issue is about."""

    week = "week"
    month = "month"
    year = "year"


class BlogIssue(SQLModel, table=True):
    """A published digest.

    ``document`` is canonical JSON without ids: its sections, their rows, and what each number is
    the sum of. It is never changed; the name is ``2026-w48``, ``2026-11`` or ``2026``.
    """

    __tablename__ = "blog_issue"
    __table_args__ = (
        member_of("blog_issue", "period", IssuePeriod),
        Index("blog_issue_ends_on", "ends_on"),
    )

    id: int | None = primary_key()
    name: str = Field(unique=True)
    period: IssuePeriod = member(IssuePeriod)
    begins_on: date
    ends_on: date
    published_at: datetime = moment(nullable=False)
    document: str
