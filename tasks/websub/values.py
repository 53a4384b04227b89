"""Values of WebSub: the hub that a feed offers, requests to hubs, subscriptions, verdicts."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class HubOffer:
    """The hub that a feed offers, and the topic URL under which the hub knows the feed."""

    hub: str
    topic: str


@dataclass(frozen=True, slots=True)
class PendingHubRequest:
    """A request that this process has to send to a hub.

    ``mode`` is ``subscribe`` or ``unsubscribe``; ``token`` identifies the callback.
    """

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
    """A subscription, as a callback finds it by its token.

    ``pending`` is the mode that the hub has not verified yet; empty if there is none.
    """

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
    """Whether a hub's intent verification is confirmed; if not, the reason code.

    ``lease_expires_at`` is when the subscription ends by itself, ``due_at`` when it is renewed.
    """

    accepted: bool
    reason: str = ""
    message: str = ""
    lease_expires_at: datetime | None = None
    due_at: datetime | None = None
