"""The WebSub protocol: hub requests, when they are repeated, intent verification. Pure."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from tasks.jobs.backoff import backoff
from tasks.websub.values import IntentVerdict, KnownSubscription, PendingHubRequest

# The lease that we request; the hub decides (WebSub 5.1). Leases are cut to a month, and a hub
# that names none is taken to mean a day.
REQUESTED_LEASE = timedelta(days=10)
MAX_LEASE = timedelta(days=30)
DEFAULT_LEASE = timedelta(days=1)

# Bounds the requests that a lease of a few seconds would cause.
MIN_RENEWAL_INTERVAL = timedelta(hours=1)

MODES = frozenset({"subscribe", "unsubscribe"})

FIRST_BACKOFF = timedelta(hours=1)
MAX_BACKOFF = timedelta(days=3)
AFTER_DENIAL = timedelta(days=7)


def callback_url(public_url: str, token: str) -> str:
    """Return the callback URL of a subscription; nobody but its hub can guess it."""
    return f"{public_url.rstrip('/')}/websub/{token}"


def request_form(pending: PendingHubRequest, public_url: str) -> bytes:
    """Return the form to post to a hub (WebSub 5.1)."""
    fields = {
        "hub.callback": callback_url(public_url, pending.token),
        "hub.mode": pending.mode,
        "hub.topic": pending.topic,
    }
    if pending.mode == "subscribe":
        fields |= {
            "hub.lease_seconds": str(int(REQUESTED_LEASE.total_seconds())),
            "hub.secret": pending.secret,
        }
    return urlencode(fields).encode()


def next_attempt_at(now: datetime, error_count: int, jitter: float) -> datetime:
    """Return when a request to a hub is repeated: backoff up to three days, without end."""
    return now + backoff(error_count, FIRST_BACKOFF, MAX_BACKOFF, jitter=jitter)


def verify_intent(
    known: KnownSubscription, mode: str, topic: str, lease: str | None, now: datetime, jitter: float
) -> IntentVerdict:
    """Answer a hub's verification of intent (WebSub 5.3): did we request this subscription?"""
    if topic != known.topic:
        return IntentVerdict(
            False, reason="wrong_topic", message="the hub verifies a request for another feed"
        )
    if mode not in MODES or mode != known.pending:
        return IntentVerdict(
            False, reason="not_intended", message="the hub verifies a request that we did not send"
        )
    if mode == "unsubscribe":
        return IntentVerdict(True)
    duration = parse_lease(lease)
    if duration is None:
        return IntentVerdict(
            False, reason="bad_lease", message="the hub offers a lease without a valid duration"
        )
    renewal = max(duration * (0.75 + 0.15 * jitter), MIN_RENEWAL_INTERVAL)
    return IntentVerdict(True, lease_expires_at=now + duration, due_at=now + renewal)


def parse_lease(raw: str | None) -> timedelta | None:
    """Return the duration of a lease in seconds, at most a month; None if it is invalid."""
    if raw is None:
        return DEFAULT_LEASE
    digits = raw.strip()
    if not (digits.isascii() and digits.isdecimal()) or not digits.strip("0"):
        return None
    seconds = int(digits) if len(digits) <= 9 else 10**9
    return min(timedelta(seconds=seconds), MAX_LEASE)
