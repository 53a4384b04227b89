"""Episodes, their transcripts, and the raw bodies that were fetched."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, moment, primary_key, reference


class Episode(SQLModel, table=True):
    """One item of a feed, known by its identity within that feed.

    ``stats_date`` is the UTC date that its appearances count for: that of publication, or the day
    it was first seen if the feed gives no date or one in the future.
    """

    __tablename__ = "episode"
    __table_args__ = (
        UniqueConstraint("podcast_id", "identity", name="episode_identity"),
        # Rows arrive in the order of time, so a block range index of a few pages is enough.
        Index("episode_first_seen", "first_seen_at", postgresql_using="brin"),
        Index("episode_title_words", text("to_tsvector('simple', title)"), postgresql_using="gin"),
        Index("episode_stats_date", "stats_date", "id", postgresql_include=["podcast_id"]),
        Index("episode_of_podcast", "podcast_id", "stats_date", "id"),
        # Answers "what counts" from the index alone: the rows are long.
        Index(
            "episode_counting",
            "id",
            postgresql_include=["podcast_id", "stats_date"],
            postgresql_where=text("duplicate_of IS NULL"),
        ),
        Index(
            "episode_counting_of_podcast",
            "podcast_id",
            "id",
            postgresql_where=text("duplicate_of IS NULL"),
        ),
        Index(
            "episode_duplicates",
            "duplicate_of",
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            "episode_origin",
            "origin_podcast_id",
            postgresql_where=text("origin_podcast_id IS NOT NULL"),
        ),
    )

    id: int | None = primary_key()
    podcast_id: int = reference("podcast.id")
    identity: str
    guid: str | None = None
    title: str = ""
    link: str | None = None
    description: str = ""
    author: str = ""
    image: str | None = None
    season: int | None = None
    number: int | None = None
    type: str = ""
    explicit: bool | None = None
    published_at: datetime | None = moment()
    first_seen_at: datetime = moment(nullable=False)
    stats_date: date
    audio_url: str | None = None
    audio_type: str | None = None
    audio_length: int | None = big_integer(default=None)
    enclosure_path: str | None = None
    duration_ms: int | None = big_integer(default=None)
    chapters_url: str | None = None
    categories: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    keywords: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    persons: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    content_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    duplicate_of: int | None = reference("episode.id", nullable=True)
    # The podcast whose feed listed the episode, while a merge has it in another one. Its identity
    # is then "of ID:…", so that it is never that of an episode of the other feed.
    origin_podcast_id: int | None = reference("podcast.id", nullable=True)


class RawBody(SQLModel, table=True):
    """A fetched body, compressed with zstd, under the BLAKE2b-256 hash of its bytes."""

    __tablename__ = "raw_body"

    hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    size: int = big_integer()


class Transcript(SQLModel, table=True):
    """A transcript of an episode: where its feed lists it, and what was fetched and parsed."""

    __tablename__ = "transcript"
    __table_args__ = (
        # By the URL's hash: an index row is limited to 2,704 bytes, and a URL may be longer.
        Index("transcript_url", "episode_id", text("md5(url)"), unique=True),
        Index(
            "transcript_selected", "episode_id", unique=True, postgresql_where=text("is_selected")
        ),
    )

    id: int | None = primary_key()
    episode_id: int = reference("episode.id")
    url: str
    type: str = ""
    language: str | None = None
    rel: str | None = None
    source: str = "publisher"
    is_listed: bool = True
    body_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    format: str | None = None
    parser_version: int | None = None
    is_selected: bool = False
