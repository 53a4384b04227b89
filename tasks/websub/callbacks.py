"""Handles what hubs send to callbacks: intent verification, denials, notifications."""

import random

import structlog

from models.database import Session, database_time
from tasks.http.redaction import scrub
from tasks.podcasts.store.notifications import NotificationResult, apply_notifications
from tasks.websub.protocol import verify_intent
from tasks.websub.store import (
    find_subscription,
    record_denial,
    record_notification,
    record_rejected_notification,
    record_verdict,
)
from tasks.websub.values import IntentVerdict, KnownSubscription

log = structlog.get_logger()

# How many characters of a hub's reason are stored.
MAX_REASON_LENGTH = 300


def confirm_subscription(
    session: Session, token: str, mode: str, topic: str, lease: str | None
) -> IntentVerdict:
    """Verify a hub's intent verification request (WebSub 5.3), and record the result."""
    known = find_subscription(session, token, lock=True)
    if known is None:
        return IntentVerdict(False)  # a guessed token: the access log is enough
    now, jitter = database_time(session), random.random()  # noqa: S311  spreads renewals
    verdict = verify_intent(known, mode, topic, lease, now, jitter)
    record_verdict(session, known, verdict, now, jitter)
    if not verdict.accepted:
        log.warning(
            "verification_refused",
            podcast_id=known.podcast_id,
            feed=known.feed_url,
            reason=verdict.reason,
            message=verdict.message,
        )
        return verdict
    event = "subscription_verified" if mode == "subscribe" else "subscription_ended"
    log.info(event, podcast_id=known.podcast_id, feed=known.feed_url)
    return verdict


def accept_denial(session: Session, token: str, topic: str, hub_reason: str) -> bool:
    """Record that a hub denies or ends a subscription (WebSub 5.2); False if it is not ours."""
    known = find_subscription(session, token, lock=True)
    if known is None or known.topic != topic:
        return False
    printable = (c if c.isprintable() else " " for c in hub_reason[:MAX_REASON_LENGTH])
    message = scrub("".join(printable)) or "the hub gives no reason"
    if record_denial(session, known, message, database_time(session)):
        log.warning("subscription_denied", podcast_id=known.podcast_id, message=message)
    return True


def accept_notification(session: Session, known: KnownSubscription) -> NotificationResult:
    """Apply a signed notification: the feed is polled soon; the content sent is not read."""
    now = database_time(session)
    if not record_notification(session, known, now):  # it ended while the body arrived
        return NotificationResult()
    result = apply_notifications(session, [known.feed_url], "websub", now)
    log.info(
        "notification_received",
        podcast_id=known.podcast_id,
        brought_forward=result.brought_forward,
    )
    return result


def reject_notification(
    session: Session, known: KnownSubscription, reason: str, message: str
) -> None:
    """Count a notification without a valid signature; no poll follows from it."""
    record_rejected_notification(session, known, reason, message)
    log.warning(
        "notification_rejected", podcast_id=known.podcast_id, reason=reason, message=message
    )
