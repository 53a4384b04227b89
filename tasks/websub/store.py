"""WebSub subscriptions in the database: wanted, active, leaving, denied, ended."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from tasks.websub.protocol import AFTER_DENIAL, next_attempt_at
from tasks.websub.values import HubOffer, IntentVerdict, KnownSubscription, PendingHubRequest

# How long a claimed hub request belongs to its worker; if that is killed, it is sent again.
REQUEST_LEASE = timedelta(minutes=10)

# A feed that offers another hub or topic in every document gets a new subscription once a day.
_MIN_OFFER_AGE = timedelta(days=1)

# After so many unanswered requests to unsubscribe, the callback just responds with 410.
_MAX_UNSUBSCRIBE_ERRORS = 3

_RECORD_OFFER = text(
    "UPDATE crawl SET hub_url = :hub, topic_url = :topic WHERE podcast_id = :podcast_id"
)
_OFFERS_WITHOUT_SUBSCRIPTION = text("""
    SELECT c.podcast_id, c.hub_url AS hub, c.topic_url AS topic
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.hub_url IS NOT NULL AND p.state = 'active' AND NOT EXISTS (
        SELECT FROM subscription s WHERE s.podcast_id = c.podcast_id
            AND CASE WHEN s.hub = c.hub_url AND s.topic = c.topic_url THEN s.state <> 'ended'
                     ELSE s.created_at > :min_age END)
    LIMIT :limit
""")
_CREATE = text("""
    INSERT INTO subscription AS s (podcast_id, hub, topic, state, token, secret, asking, due_at,
                                   created_at)
    SELECT n.podcast_id, n.hub, n.topic, 'wanted', n.token, n.secret, '', :now, :now
    FROM json_to_recordset(CAST(:rows AS json))
        AS n (podcast_id bigint, hub text, topic text, token text, secret text)
    ORDER BY n.podcast_id
    ON CONFLICT ON CONSTRAINT subscription_once DO UPDATE
    SET state = 'wanted', token = excluded.token, secret = excluded.secret, asking = '',
        due_at = :now, verified_at = NULL, lease_expires_at = NULL, confirmed_at = NULL,
        error_count = 0, reason = NULL, message = NULL
    WHERE s.state = 'ended'
""")
_CANCEL_UNWANTED = text("""
    UPDATE subscription s
    SET state = CASE s.state WHEN 'active' THEN 'leaving' ELSE 'ended' END,
        due_at = CASE s.state WHEN 'active' THEN CAST(:now AS timestamptz) END,
        asking = '', error_count = 0, reason = NULL, message = NULL
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.podcast_id = s.podcast_id AND s.state IN ('wanted', 'active', 'denied')
        AND (p.state <> 'active' OR c.hub_url IS DISTINCT FROM s.hub
             OR c.topic_url IS DISTINCT FROM s.topic)
    RETURNING s.podcast_id, s.state
""")
_END_LEAVING = text("""
    UPDATE subscription SET state = 'ended', due_at = NULL, asking = ''
    WHERE state = 'leaving' AND due_at <= :now
        AND (error_count >= :max_errors OR lease_expires_at <= :now)
""")
_ANY_DUE = text("SELECT EXISTS (SELECT FROM subscription WHERE due_at <= :now)")
_CLAIM_DUE = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM subscription WHERE due_at <= :now
        ORDER BY due_at LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE subscription s SET asked_at = :now, due_at = :until,
        asking = CASE s.state WHEN 'leaving' THEN 'unsubscribe' ELSE 'subscribe' END,
        error_count = s.error_count
            + (s.asking <> '' AND coalesce(s.reason, '') = 'unverified')::int
    FROM due WHERE s.id = due.id
    RETURNING s.id, s.podcast_id, s.hub, s.topic, s.token, s.secret, s.asking AS mode,
              s.error_count
""")
# A hub may verify before it responds; then the request is not pending any more.
_RECORD_REQUEST = text("""
    UPDATE subscription SET due_at = :due_at, reason = :reason, message = :message,
        error_count = error_count + :failed
    WHERE id = :id AND token = :token AND asking <> ''
""")
_SUBSCRIPTION = """
    SELECT s.id, s.podcast_id, p.feed_url, s.topic, s.secret, s.state, s.asking AS pending,
           s.error_count
    FROM subscription s JOIN podcast p ON p.id = s.podcast_id WHERE s.token = :token
"""
_FIND, _LOCK = text(_SUBSCRIPTION), text(f"{_SUBSCRIPTION} FOR NO KEY UPDATE OF s")
_CONFIRM = text("""
    UPDATE subscription SET state = 'active', asking = '', verified_at = :now, due_at = :due_at,
        lease_expires_at = :lease_expires_at, error_count = 0, reason = NULL, message = NULL
    WHERE id = :id
""")
_END = text("""
    UPDATE subscription SET state = 'ended', asking = '', due_at = NULL, reason = NULL,
        message = NULL WHERE id = :id
""")
_REQUEST_AGAIN = text("""
    UPDATE subscription SET asking = '', due_at = :due_at, error_count = error_count + 1,
        reason = :reason, message = :message WHERE id = :id
""")
_DENY = text("""
    UPDATE subscription SET state = 'denied', asking = '', due_at = :due_at,
        lease_expires_at = NULL, confirmed_at = NULL, error_count = error_count + 1,
        reason = 'denied', message = :message
    WHERE id = :id AND state IN ('wanted', 'active', 'denied')
""")
_RECORD_NOTIFICATION = text("""
    UPDATE subscription SET last_push_at = :now, pushes = pushes + 1,
        confirmed_at = coalesce(confirmed_at, :now),
        reason = CASE WHEN asking <> '' OR error_count > 0 THEN reason END,
        message = CASE WHEN asking <> '' OR error_count > 0 THEN message END
    WHERE id = :id AND state = 'active'
""")
_RECORD_REJECTED = text("""
    UPDATE subscription SET refused = refused + 1, reason = :reason, message = :message
    WHERE id = :id
""")
# Not if any notification came since the last poll: then the hub did notify us.
_RECORD_MISSED = text("""
    UPDATE subscription SET confirmed_at = NULL, reason = 'push_missed',
        message = 'a poll found an episode of which the hub had not notified us'
    WHERE podcast_id = :podcast_id AND confirmed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM crawl c WHERE c.podcast_id = :podcast_id AND c.notified_at > c.polled_at)
""")
_PURGE = text("""
    DELETE FROM subscription WHERE state = 'ended' AND coalesce(verified_at, created_at) < :before
""")


def record_hub_offer(
    session: Session, podcast_id: int, offer: HubOffer | None, known: tuple[str | None, str | None]
) -> None:
    """Record the hub and topic that a feed offers, if they differ from the ``known`` ones."""
    hub, topic = (offer.hub, offer.topic) if offer else (None, None)
    if (hub, topic) != known:
        params = {"podcast_id": podcast_id, "hub": hub, "topic": topic}
        session.connection().execute(_RECORD_OFFER, params)


def create_wanted_subscriptions(session: Session, now: datetime, limit: int = 1000) -> int:
    """Create a subscription for each hub that an active podcast offers; returns how many.

    Token and secret are always new: the callback of an ended subscription is never used again.
    """
    params = {"limit": limit, "min_age": now - _MIN_OFFER_AGE}
    offers = session.connection().execute(_OFFERS_WITHOUT_SUBSCRIPTION, params).mappings()
    rows = [
        {**offer, "token": secrets.token_urlsafe(32), "secret": secrets.token_urlsafe(32)}
        for offer in offers
    ]
    if rows:
        session.connection().execute(_CREATE, {"now": now, "rows": json.dumps(rows)})
    return len(rows)


def cancel_unwanted_subscriptions(session: Session, now: datetime) -> list[tuple[int, str]]:
    """Cancel subscriptions of hubs that no active podcast offers; returns (podcast, new state)."""
    params = {"now": now, "max_errors": _MAX_UNSUBSCRIBE_ERRORS}
    session.connection().execute(_END_LEAVING, params)
    rows = session.connection().execute(_CANCEL_UNWANTED, {"now": now})
    return [(row.podcast_id, row.state) for row in rows]


def any_due(session: Session, now: datetime) -> bool:
    """Whether a request to a hub is due."""
    due: bool = session.connection().execute(_ANY_DUE, {"now": now}).scalar_one()
    return due


def claim_due(session: Session, now: datetime, limit: int) -> list[PendingHubRequest]:
    """Claim due hub requests; commit before sending them, because hubs may verify at once."""
    params = {"now": now, "until": now + REQUEST_LEASE, "limit": limit}
    rows = session.connection().execute(_CLAIM_DUE, params).mappings()
    return [PendingHubRequest(**row) for row in rows]


def record_hub_request(
    session: Session,
    pending: PendingHubRequest,
    due_at: datetime,
    *,
    reason: str,
    message: str,
    failed: bool,
) -> None:
    """Record a hub's response, unless the hub has verified the request meanwhile."""
    params = {
        "id": pending.id,
        "token": pending.token,
        "due_at": due_at,
        "reason": reason,
        "message": message,
        "failed": int(failed),
    }
    session.connection().execute(_RECORD_REQUEST, params)


def find_subscription(
    session: Session, token: str, *, lock: bool = False
) -> KnownSubscription | None:
    """Return the subscription of a callback; None if the token is unknown."""
    statement = _LOCK if lock else _FIND
    row = session.connection().execute(statement, {"token": token}).mappings().first()
    return KnownSubscription(**row) if row else None


def record_verdict(
    session: Session,
    known: KnownSubscription,
    verdict: IntentVerdict,
    now: datetime,
    jitter: float,
) -> None:
    """Record an intent verification; if its lease was invalid, request a subscription later."""
    params: dict[str, Any] = {"id": known.id}
    if not verdict.accepted:
        if verdict.reason == "bad_lease":
            due_at = next_attempt_at(now, known.error_count + 1, jitter)
            params |= {"due_at": due_at, "reason": verdict.reason, "message": verdict.message}
            session.connection().execute(_REQUEST_AGAIN, params)
    elif verdict.lease_expires_at is None:
        session.connection().execute(_END, params)
    else:
        lease = {"due_at": verdict.due_at, "lease_expires_at": verdict.lease_expires_at}
        session.connection().execute(_CONFIRM, params | lease | {"now": now})


def record_denial(session: Session, known: KnownSubscription, message: str, now: datetime) -> bool:
    """Record a denial; a request follows in a week. False if it was not wanted any more."""
    params = {"id": known.id, "message": message, "due_at": now + AFTER_DENIAL}
    return session.connection().execute(_DENY, params).rowcount > 0


def record_notification(session: Session, known: KnownSubscription, now: datetime) -> bool:
    """Record a signed notification; False if the subscription is not active any more."""
    params = {"id": known.id, "now": now}
    return session.connection().execute(_RECORD_NOTIFICATION, params).rowcount > 0


def record_rejected_notification(
    session: Session, known: KnownSubscription, reason: str, message: str
) -> None:
    """Count a notification whose signature is missing or wrong."""
    params = {"id": known.id, "reason": reason, "message": message}
    session.connection().execute(_RECORD_REJECTED, params)


def record_missed_notification(session: Session, podcast_ids: Sequence[int]) -> None:
    """Record that a hub missed new episodes: it is not trusted until its next notification."""
    for podcast_id in podcast_ids:
        session.connection().execute(_RECORD_MISSED, {"podcast_id": podcast_id})


def purge_subscriptions(session: Session, before: datetime) -> int:
    """Delete ended subscriptions that were last verified before a time; returns how many."""
    return session.connection().execute(_PURGE, {"before": before}).rowcount
