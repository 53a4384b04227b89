"""Cached artwork of podcasts and episodes, so that pages load no images from other hosts."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment


class Artwork(SQLModel, table=True):
    """A fetched image, or why it could not be fetched; ``hash`` is of its URL.

    A cache: any row may be deleted at any time.
    """

    __tablename__ = "artwork"
    __table_args__ = (Index("artwork_fetched", "fetched_at"),)

    hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    type: str | None = None
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    size: int = big_integer()
    reason: str | None = None
    fetched_at: datetime = moment(nullable=False)
