"""Answers hubs (WebSub): whether we meant what they were asked, and what they push to us."""

import random

import structlog
from sqlmodel import Session

from models.database import database_time
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

# Characters of a hub's own words that are kept.
_SAID = 300


def confirm_subscription(
    session: Session, token: str, mode: str, topic: str, lease: str | None
) -> IntentVerdict:
    """Whether we mean what the hub asks whether we mean (WebSub, 5.3); the row says so too."""
    known = find_subscription(session, token, lock=True)
    if known is None:
        return IntentVerdict(False)  # a stranger's guess: the line of the request says enough
    now, jitter = database_time(session), random.random()  # noqa: S311  spreads renewals
    judged = verify_intent(known, mode, topic, lease, now, jitter)
    record_verdict(session, known, judged, now, jitter)
    if not judged.accepted:
        log.warning(
            "verification_refused",
            podcast_id=known.podcast_id,
            feed=known.feed_url,
            reason=judged.reason,
            message=judged.message,
        )
        return judged
    event = "subscription_verified" if mode == "subscribe" else "subscription_ended"
    log.info(event, podcast_id=known.podcast_id, feed=known.feed_url)
    return judged


def accept_denial(session: Session, token: str, topic: str, said: str) -> bool:
    """The hub will not tell us, or no more (WebSub, 5.2); whether it speaks of one of ours."""
    known = find_subscription(session, token, lock=True)
    if known is None or known.topic != topic:
        return False
    message = scrub("".join(c if c.isprintable() else " " for c in said[:_SAID]))
    message = message or "the hub gives no reason"
    if record_denial(session, known, message, database_time(session)):
        log.warning("subscription_denied", podcast_id=known.podcast_id, message=message)
    return True


def accept_notification(session: Session, known: KnownSubscription) -> NotificationResult:
    """A delivery that its hub has signed: the feed is looked at soon, its content is not read."""
    now = database_time(session)
    if not record_notification(session, known, now):  # it ended while the body was on its way
        return NotificationResult()
    came = apply_notifications(session, [known.feed_url], "websub", now)
    log.info(
        "notification_received", podcast_id=known.podcast_id, brought_forward=came.brought_forward
    )
    return came


def reject_notification(
    session: Session, known: KnownSubscription, reason: str, message: str
) -> None:
    """A delivery that is not believed; the row counts it, and nothing is looked at for it."""
    record_rejected_notification(session, known, reason, message)
    log.warning(
        "notification_rejected", podcast_id=known.podcast_id, reason=reason, message=message
    )
