"""WebSub subscriptions in the database: wanted, active, leaving, denied, ended."""

import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Update, case, delete, exists, func, or_, select, update
from sqlmodel import Session, col

from models import Crawl, Podcast, Subscription, SubscriptionState
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_all, fetch_one, fetch_value
from tasks.websub.protocol import AFTER_DENIAL, next_attempt_at
from tasks.websub.values import HubOffer, IntentVerdict, KnownSubscription, PendingHubRequest

# How long a claimed hub request belongs to its worker; if that is killed, it is sent again.
REQUEST_LEASE = timedelta(minutes=10)

# A feed that offers another hub or topic in every document gets a new subscription once a day.
_MIN_OFFER_AGE = timedelta(days=1)

# After so many unanswered requests to unsubscribe, the callback just responds with 410.
_MAX_UNSUBSCRIBE_ERRORS = 3


@dataclass(frozen=True, slots=True)
class CancelledSubscription:
    """A subscription that is not wanted any more: it is ended, or its hub is notified first."""

    podcast_id: int
    state: str


@dataclass(frozen=True, slots=True)
class _UnusedOffer:
    podcast_id: int
    hub: str
    topic: str


_OFFERS_WITHOUT_SUBSCRIPTION = """
    SELECT c.podcast_id, c.hub_url AS hub, c.topic_url AS topic
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.hub_url IS NOT NULL AND p.state = 'active' AND NOT EXISTS (
        SELECT FROM subscription s WHERE s.podcast_id = c.podcast_id
            AND CASE WHEN s.hub = c.hub_url AND s.topic = c.topic_url THEN s.state <> 'ended'
                     ELSE s.created_at > :min_age END)
    LIMIT :limit
"""
_CREATE = """
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
"""
_CANCEL_UNWANTED = """
    UPDATE subscription s
    SET state = CASE s.state WHEN 'active' THEN 'leaving' ELSE 'ended' END,
        due_at = CASE s.state WHEN 'active' THEN CAST(:now AS timestamptz) END,
        asking = '', error_count = 0, reason = NULL, message = NULL
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.podcast_id = s.podcast_id AND s.state IN ('wanted', 'active', 'denied')
        AND (p.state <> 'active' OR c.hub_url IS DISTINCT FROM s.hub
             OR c.topic_url IS DISTINCT FROM s.topic)
    RETURNING s.podcast_id, s.state
"""
_CLAIM_DUE = """
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
"""
_FIND = select(
    *row_columns(KnownSubscription, Subscription, Podcast, pending=Subscription.asking)
).join(Podcast, col(Podcast.id) == Subscription.podcast_id)


def record_hub_offer(
    session: Session, podcast_id: int, offer: HubOffer | None, known: tuple[str | None, str | None]
) -> None:
    """Record the hub and topic that a feed offers, if they differ from the ``known`` ones."""
    hub, topic = (offer.hub, offer.topic) if offer else (None, None)
    if (hub, topic) != known:
        of_podcast = update(Crawl).where(col(Crawl.podcast_id) == podcast_id)
        execute(session, of_podcast.values(hub_url=hub, topic_url=topic))


def create_wanted_subscriptions(session: Session, now: datetime, limit: int = 1000) -> int:
    """Create a subscription for each hub that an active podcast offers; returns how many.

    Token and secret are always new: the callback of an ended subscription is never used again.
    """
    params = {"limit": limit, "min_age": now - _MIN_OFFER_AGE}
    offers = fetch_all(session, _OFFERS_WITHOUT_SUBSCRIPTION, _UnusedOffer, params)
    rows = [
        {**asdict(offer), "token": secrets.token_urlsafe(32), "secret": secrets.token_urlsafe(32)}
        for offer in offers
    ]
    if rows:
        execute(session, _CREATE, {"now": now, "rows": json.dumps(rows)})
    return len(rows)


def cancel_unwanted_subscriptions(session: Session, now: datetime) -> list[CancelledSubscription]:
    """Cancel subscriptions of hubs that no active podcast offers; returns their new states."""
    given_up = or_(
        col(Subscription.error_count) >= _MAX_UNSUBSCRIBE_ERRORS,
        col(Subscription.lease_expires_at) <= now,
    )
    leaving = update(Subscription).where(
        col(Subscription.state) == SubscriptionState.leaving,
        col(Subscription.due_at) <= now,
        given_up,
    )
    execute(session, leaving.values(state=SubscriptionState.ended, due_at=None, asking=""))
    return fetch_all(session, _CANCEL_UNWANTED, CancelledSubscription, {"now": now})


def any_due(session: Session, now: datetime) -> bool:
    """Whether a request to a hub is due."""
    return bool(fetch_value(session, select(exists().where(col(Subscription.due_at) <= now))))


def claim_due(session: Session, now: datetime, limit: int) -> list[PendingHubRequest]:
    """Claim due hub requests; commit before sending them, because hubs may verify at once."""
    params = {"now": now, "until": now + REQUEST_LEASE, "limit": limit}
    return fetch_all(session, _CLAIM_DUE, PendingHubRequest, params)


def record_hub_request(
    session: Session,
    pending: PendingHubRequest,
    due_at: datetime,
    *,
    reason: str,
    message: str,
    failed: bool,
) -> None:
    """Record a hub's response.

    A hub may verify before it responds; then the request is not pending any more.
    """
    still_pending = _of(pending.id).where(
        col(Subscription.token) == pending.token, col(Subscription.asking) != ""
    )
    errors = col(Subscription.error_count) + int(failed)
    response = {"due_at": due_at, "reason": reason, "message": message, "error_count": errors}
    execute(session, still_pending.values(response))


def find_subscription(
    session: Session, token: str, *, lock: bool = False
) -> KnownSubscription | None:
    """Return the subscription of a callback; None if the token is unknown."""
    query = _FIND.where(col(Subscription.token) == token)
    locked = query.with_for_update(key_share=True, of=Subscription)
    return fetch_one(session, locked if lock else query, KnownSubscription)


def record_verdict(
    session: Session,
    known: KnownSubscription,
    verdict: IntentVerdict,
    now: datetime,
    jitter: float,
) -> None:
    """Record an intent verification; if its lease was invalid, request a subscription later."""
    if not verdict.accepted:
        if verdict.reason == "bad_lease":
            later = next_attempt_at(now, known.error_count + 1, jitter)
            _request_again(session, known, verdict, later)
    elif verdict.lease_expires_at is None:
        execute(session, _answered(known, SubscriptionState.ended).values(due_at=None))
    else:
        confirmed = _answered(known, SubscriptionState.active).values(
            verified_at=now,
            due_at=verdict.due_at,
            lease_expires_at=verdict.lease_expires_at,
            error_count=0,
        )
        execute(session, confirmed)


def _of(subscription_id: int) -> Update:
    return update(Subscription).where(col(Subscription.id) == subscription_id)


def _answered(known: KnownSubscription, state: SubscriptionState) -> Update:
    return _of(known.id).values(state=state, asking="", reason=None, message=None)


def _request_again(
    session: Session, known: KnownSubscription, verdict: IntentVerdict, due_at: datetime
) -> None:
    later = _of(known.id).values(
        asking="",
        due_at=due_at,
        error_count=col(Subscription.error_count) + 1,
        reason=verdict.reason,
        message=verdict.message,
    )
    execute(session, later)


def record_denial(session: Session, known: KnownSubscription, message: str, now: datetime) -> bool:
    """Record a denial; a request follows in a week. False if it was not wanted any more."""
    wanted = (SubscriptionState.wanted, SubscriptionState.active, SubscriptionState.denied)
    denied = (
        _of(known.id)
        .where(col(Subscription.state).in_(wanted))
        .values(
            state=SubscriptionState.denied,
            asking="",
            due_at=now + AFTER_DENIAL,
            lease_expires_at=None,
            confirmed_at=None,
            error_count=col(Subscription.error_count) + 1,
            reason="denied",
            message=message,
        )
    )
    return execute(session, denied) > 0


def record_notification(session: Session, known: KnownSubscription, now: datetime) -> bool:
    """Record a signed notification; False if the subscription is not active any more."""
    unsettled = or_(col(Subscription.asking) != "", col(Subscription.error_count) > 0)
    notified = (
        _of(known.id)
        .where(col(Subscription.state) == SubscriptionState.active)
        .values(
            last_push_at=now,
            pushes=col(Subscription.pushes) + 1,
            confirmed_at=func.coalesce(col(Subscription.confirmed_at), now),
            reason=case((unsettled, col(Subscription.reason))),
            message=case((unsettled, col(Subscription.message))),
        )
    )
    return execute(session, notified) > 0


def record_rejected_notification(
    session: Session, known: KnownSubscription, reason: str, message: str
) -> None:
    """Count a notification whose signature is missing or wrong."""
    rejected = {"refused": col(Subscription.refused) + 1, "reason": reason, "message": message}
    execute(session, _of(known.id).values(rejected))


def record_missed_notification(session: Session, podcast_id: int) -> None:
    """Record that a hub missed new episodes: it is not trusted until its next notification.

    Not if any notification came since the last poll: then the hub did notify us.
    """
    notified = exists().where(
        col(Crawl.podcast_id) == Subscription.podcast_id,
        col(Crawl.notified_at) > col(Crawl.polled_at),
    )
    missed = (
        update(Subscription)
        .where(
            col(Subscription.podcast_id) == podcast_id,
            col(Subscription.confirmed_at).is_not(None),
            ~notified,
        )
        .values(
            confirmed_at=None,
            reason="push_missed",
            message="a poll found an episode of which the hub had not notified us",
        )
    )
    execute(session, missed)


def purge_subscriptions(session: Session, before: datetime) -> int:
    """Delete ended subscriptions that were last verified before a time; returns how many."""
    last_seen = func.coalesce(col(Subscription.verified_at), col(Subscription.created_at))
    ended = col(Subscription.state) == SubscriptionState.ended
    return execute(session, delete(Subscription).where(ended, last_seen < before))
