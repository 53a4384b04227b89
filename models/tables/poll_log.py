"""The poll log of feeds, bounded, and their WebSub subscriptions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment, primary_key, reference


class PollLog(SQLModel, table=True):
    """An ended streak of polls with the same outcome; ``polls`` is how many.

    The current streak is in the feed's ``crawl`` row, so a poll that finds nothing new inserts no
    row. ``status``, ``message`` and ``took_ms`` are those of the last poll.
    """

    __tablename__ = "poll_log"
    __table_args__ = (
        Index("poll_log_podcast", "podcast_id", "id"),
        Index("poll_log_age", "last_at"),
    )

    id: int | None = primary_key()
    podcast_id: int = reference("podcast.id")
    outcome: str
    reason: str | None = None
    status: int | None = None
    message: str | None = None
    polls: int = 1
    first_at: datetime = moment(nullable=False)
    last_at: datetime = moment(nullable=False)
    new: int = 0
    changed: int = 0
    took_ms: int = 0


class SubscriptionState(StrEnum):
    """State of a subscription: wanted → active → leaving → ended, or denied by the hub."""

    wanted = "wanted"
    active = "active"
    denied = "denied"
    leaving = "leaving"
    ended = "ended"


class Subscription(SQLModel, table=True):
    """A WebSub subscription to a feed at a hub.

    ``asking`` is the mode that the hub has not verified yet; ``due_at`` is when to act next;
    ``confirmed_at`` is since when deliveries have shown that the hub notifies of every change.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        member_of("subscription", "state", SubscriptionState),
        UniqueConstraint("podcast_id", "hub", "topic", name="subscription_once"),
        Index("subscription_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: int | None = primary_key()
    podcast_id: int = reference("podcast.id")
    hub: str
    topic: str
    state: SubscriptionState = member(SubscriptionState, SubscriptionState.wanted)
    token: str = Field(unique=True)
    secret: str
    asking: str = ""
    requested_at: datetime | None = moment("asked_at")
    due_at: datetime | None = moment()
    verified_at: datetime | None = moment()
    lease_expires_at: datetime | None = moment()
    confirmed_at: datetime | None = moment()
    last_push_at: datetime | None = moment()
    pushes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    refused: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    reason: str | None = None
    message: str | None = None
    created_at: datetime = moment(nullable=False)
