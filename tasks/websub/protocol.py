"""What a hub is asked, when it is asked again, and whether it may verify what it asks (pure)."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from tasks.websub.values import IntentVerdict, KnownSubscription, PendingHubRequest

# What we ask for; the hub decides (WebSub, 5.1). Believed up to a month, and a hub that says
# nothing is taken to mean a day.
LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
UNSAID_LEASE = timedelta(days=1)

# A lease of seconds would have us ask all the time.
SOONEST_RENEWAL = timedelta(hours=1)

MODES = frozenset({"subscribe", "unsubscribe"})

FIRST_WAIT = timedelta(hours=1)
LONGEST_WAIT = timedelta(days=3)
AFTER_DENIAL = timedelta(days=7)


def callback_url(public_url: str, token: str) -> str:
    """Where the hub reaches us about one subscription; nobody else can guess it."""
    return f"{public_url.rstrip('/')}/websub/{token}"


def form(pending: PendingHubRequest, public_url: str) -> bytes:
    """The form that is posted to a hub (WebSub, 5.1)."""
    fields = {
        "hub.callback": callback_url(public_url, pending.token),
        "hub.mode": pending.mode,
        "hub.topic": pending.topic,
    }
    if pending.mode == "subscribe":
        fields |= {
            "hub.lease_seconds": str(int(LEASE.total_seconds())),
            "hub.secret": pending.secret,
        }
    return urlencode(fields).encode()


def next_attempt_at(now: datetime, error_count: int, jitter: float) -> datetime:
    """When a hub that has not verified is asked again: doubling to three days, and never not."""
    wait = min(FIRST_WAIT * 2.0 ** min(max(error_count - 1, 0), 20), LONGEST_WAIT)
    return now + wait * (0.75 + 0.5 * jitter)


def verify_intent(
    known: KnownSubscription, mode: str, topic: str, lease: str | None, now: datetime, jitter: float
) -> IntentVerdict:
    """Whether we mean what a hub asks whether we mean (WebSub, 5.3)."""
    if topic != known.topic:
        return IntentVerdict(False, reason="wrong_topic", message="the hub asks about another feed")
    if mode not in MODES or mode != known.pending:
        return IntentVerdict(
            False, reason="not_intended", message="the hub asks about what we did not"
        )
    if mode == "unsubscribe":
        return IntentVerdict(True)
    lasts = lease_of(lease)
    if lasts is None:
        return IntentVerdict(
            False, reason="bad_lease", message="the hub offers a lease of no length"
        )
    renewal = max(lasts * (0.75 + 0.15 * jitter), SOONEST_RENEWAL)
    return IntentVerdict(True, lease_expires_at=now + lasts, due_at=now + renewal)


def lease_of(said: str | None) -> timedelta | None:
    """How long a subscription holds, at most a month; None for what is no length of time."""
    if said is None:
        return UNSAID_LEASE
    text = said.strip()
    if not (text.isascii() and text.isdecimal()) or not text.strip("0"):
        return None
    seconds = int(text) if len(text) <= 9 else 10**9
    return min(timedelta(seconds=seconds), LONGEST_LEASE)
