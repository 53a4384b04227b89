"""A hub that a feed offers, what is to be asked of it, and what a verification comes to."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HubOffer:
    """Where a hub would tell us of a feed, and the name under which it knows it."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class PendingHubRequest:
    """A subscription that this process is to ask its hub about; ``mode`` is what it asks for."""

    id: int
    podcast_id: int
    hub: str
    topic: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    mode: str
    error_count: int


@dataclass(frozen=True, slots=True)
class KnownSubscription:
    """A subscription as the callback finds it by its token."""

    id: int
    podcast_id: int
    feed_url: str
    topic: str
    secret: str = field(repr=False)
    state: str
    pending: str
    error_count: int


@dataclass(frozen=True, slots=True)
class IntentVerdict:
    """What a hub's question came to; a refusal has its reason word, and no lease.

    ``lease_expires_at`` is when the subscription ends by itself, ``due_at`` when it is renewed.
    """

    accepted: bool
    reason: str = ""
    message: str = ""
    lease_expires_at: datetime | None = None
    due_at: datetime | None = None
