"""Podcasts, how their feeds are polled, and the hosts that serve them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import (
    big_integer,
    member,
    member_of,
    moment,
    primary_key,
    reference,
)


class PodcastState(StrEnum):
    """The state of a podcast; how it changes is in ``tasks/podcasts/transitions.py``.

    ``pending``: added, but not yet known to be a feed. ``refused``: turned out to be no feed; the
    row remains as the record of that. ``gone``: the feed URL answers 410. ``duplicate``: merged
    into another podcast. ``removed``: followed no more, and counted nowhere.
    """

    pending = "pending"
    refused = "refused"
    active = "active"
    paused = "paused"
    gone = "gone"
    duplicate = "duplicate"
    removed = "removed"


class PodcastPrivacy(StrEnum):
    """Whether the URLs of a podcast are secret, and who says so.

    ``public`` and ``private`` follow from the feed URL; the declared ones are an operator's word,
    which no feed URL changes.
    """

    public = "public"
    private = "private"
    declared_public = "declared_public"
    declared_private = "declared_private"

    @property
    def is_private(self) -> bool:
        """Whether no URL of the podcast may be shown."""
        return self in {PodcastPrivacy.private, PodcastPrivacy.declared_private}


class Podcast(SQLModel, table=True):
    """A podcast that is followed, with what its feed says of it.

    ``feed_url`` is the URL without secrets, to be shown (of a private podcast only its host); the
    URL to fetch is in ``crawl``.
    ``url_key`` is the same for all forms of a URL. ``duplicate_of`` is the podcast that remained
    of all merges in force, never itself a duplicate.
    """

    __tablename__ = "podcast"
    __table_args__ = (
        member_of("podcast", "state", PodcastState),
        member_of("podcast", "privacy", PodcastPrivacy),
        CheckConstraint(
            "CASE WHEN duplicate_of IS NULL THEN state <> 'duplicate' "
            "ELSE state IN ('duplicate', 'removed') AND duplicate_of <> id END",
            name="podcast_duplicate",
        ),
        Index(
            "podcast_duplicates",
            "duplicate_of",
            postgresql_where=text("duplicate_of IS NOT NULL"),
        ),
        Index(
            "podcast_private",
            "id",
            postgresql_where=text("privacy IN ('private', 'declared_private')"),
        ),
    )

    id: int | None = primary_key()
    url_key: str = Field(unique=True)
    feed_url: str
    title: str = ""
    link: str | None = None
    description: str = ""
    language: str | None = None
    author: str = ""
    image: str | None = None
    explicit: bool | None = None
    type: str = ""
    podcast_guid: str | None = None
    categories: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    keywords: list[str] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    persons: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False, server_default="[]")
    )
    state: PodcastState = member(PodcastState, PodcastState.pending)
    privacy: PodcastPrivacy = member(PodcastPrivacy, PodcastPrivacy.public, server_default=True)
    duplicate_of: int | None = reference("podcast.id", nullable=True)
    added_at: datetime = moment(nullable=False)
    removed_at: datetime | None = moment()


class PodcastSpeakerState(SQLModel, table=True):
    """What the speakers of a podcast have in common, and when they were last checked together.

    ``plays_clips``: most speakers are only in short clips, so a speaker without any other
    appearance is quarantined. ``recurring_digest`` is a digest of the recurring speakers when its
    episodes were last resolved together, up to ``resolved_up_to_episode_id``, as they were before
    ``resolved_at_version`` of the change log. A table of its own, because a podcast's row changes
    only with its feed.
    """

    __tablename__ = "podcast_speaker_state"

    podcast_id: int = reference("podcast.id", primary_key=True)
    plays_clips: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    quarantine_checked_at: datetime = moment(nullable=False)
    suggested_at: datetime | None = moment()
    recurring_digest: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary, nullable=True)
    )
    resolved_up_to_episode_id: int = big_integer()
    resolved_at_version: int = big_integer()


class Host(SQLModel, table=True):
    """A host of feeds; ``next_due_at`` is never later than its first due feed."""

    __tablename__ = "host"
    __table_args__ = (Index("host_due", "next_due_at"),)

    id: int | None = primary_key()
    name: str = Field(unique=True)
    next_due_at: datetime | None = moment()
    next_allowed_at: datetime | None = moment()


class Crawl(SQLModel, table=True):
    """How a podcast's feed is polled: validators, claim, next poll, last outcome.

    ``redirect_url`` is the target of permanent redirects since ``redirect_since``, not accepted
    yet; ``new_feed_url`` is the feed's ``itunes:new-feed-url``. ``streak_…`` is the current streak
    of equal polls; ended streaks are in ``poll_log``. ``hub_url`` and ``topic_url`` are those of
    WebSub; ``notified_at`` is when the last notification came.
    """

    __tablename__ = "crawl"
    __table_args__ = (
        Index(
            "crawl_due",
            "host_id",
            "next_poll_at",
            postgresql_where=text("next_poll_at IS NOT NULL"),
        ),
        Index("crawl_claim", "claim_token", postgresql_where=text("claim_token IS NOT NULL")),
        Index("crawl_claimed_host", "host_id", postgresql_where=text("claim_token IS NOT NULL")),
        Index("crawl_lease", "claim_expires_at", postgresql_where=text("claim_token IS NOT NULL")),
        Index("crawl_hub", "podcast_id", postgresql_where=text("hub_url IS NOT NULL")),
    )

    podcast_id: int = reference("podcast.id", primary_key=True)
    host_id: int = reference("host.id")
    url: str
    etag: str | None = None
    last_modified: str | None = None
    validators_origin: str | None = None
    body_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    skip_validators: bool = False
    rhythm: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    next_poll_at: datetime | None = moment()
    next_poll_reason: str = ""
    claim_token: UUID | None = None
    claim_expires_at: datetime | None = moment()
    claim_started: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    polled_at: datetime | None = moment()
    last_ok_at: datetime | None = moment()
    last_status: int | None = None
    redirect_url: str | None = None
    redirect_since: datetime | None = moment()
    redirect_polls: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    new_feed_url: str | None = None
    error_count: int = 0
    failing_since: datetime | None = moment()
    last_error_reason: str | None = None
    last_error: str | None = None
    streak_outcome: str | None = None
    streak_reason: str | None = None
    streak_since: datetime | None = moment()
    streak_polls: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    streak_status: int | None = None
    streak_new: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    streak_changed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    streak_took_ms: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    hub_url: str | None = None
    topic_url: str | None = None
    notified_at: datetime | None = moment()
    notified_by: str | None = None


class FeedUrlHistory(SQLModel, table=True):
    """A feed URL that a podcast had before it moved."""

    __tablename__ = "feed_url_history"

    id: int | None = primary_key()
    podcast_id: int = reference("podcast.id")
    url_key: str = Field(unique=True)
    feed_url: str
    left_at: datetime = moment(nullable=False)
    why: str


class FeedBody(SQLModel, table=True):
    """The latest accepted body of a feed, compressed with zstd, for re-ingests."""

    __tablename__ = "feed_body"

    podcast_id: int = reference("podcast.id", primary_key=True)
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    size: int = big_integer()
