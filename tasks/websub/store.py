"""Subscriptions as rows: wanted, claimed to be asked about, verified, denied, proved, ended."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from tasks.websub.protocol import AFTER_DENIAL, next_attempt_at
from tasks.websub.values import HubOffer, IntentVerdict, KnownSubscription, PendingHubRequest

# A question whose asker was killed is asked again after so long.
ASKING = timedelta(minutes=10)

# A feed that offers another hub or name at every look gets a new subscription once a day.
_SETTLED = timedelta(days=1)

# A hub that does not confirm the end is left to find it out: the callback answers 410.
_FAREWELLS = 3

_NOTE = text("UPDATE crawl SET hub_url = :hub, topic_url = :topic WHERE podcast_id = :podcast_id")
_OFFERED = text("""
    SELECT c.podcast_id, c.hub_url, c.topic_url FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.hub_url IS NOT NULL AND p.state = 'active' AND NOT EXISTS (
        SELECT FROM subscription s WHERE s.podcast_id = c.podcast_id
            AND CASE WHEN s.hub = c.hub_url AND s.topic = c.topic_url THEN s.state <> 'ended'
                     ELSE s.created_at > :settled END)
    LIMIT :limit
""")
_WANT = text("""
    INSERT INTO subscription AS s (podcast_id, hub, topic, state, token, secret, asking, due_at,
                                   created_at)
    SELECT n.podcast_id, n.hub, n.topic, 'wanted', n.token, n.secret, '', :now, :now
    FROM unnest(CAST(:podcasts AS bigint[]), CAST(:hubs AS text[]), CAST(:topics AS text[]),
                CAST(:tokens AS text[]), CAST(:secrets AS text[]))
        AS n (podcast_id, hub, topic, token, secret)
    ORDER BY n.podcast_id
    ON CONFLICT ON CONSTRAINT subscription_once DO UPDATE
    SET state = 'wanted', token = excluded.token, secret = excluded.secret, asking = '',
        due_at = :now, verified_at = NULL, lease_expires_at = NULL, confirmed_at = NULL, error_count = 0,
        reason = NULL, message = NULL
    WHERE s.state = 'ended'
""")
_LEAVE = text("""
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
_GIVE_UP = text("""
    UPDATE subscription SET state = 'ended', due_at = NULL, asking = ''
    WHERE state = 'leaving' AND due_at <= :now
        AND (error_count >= :farewells OR lease_expires_at <= :now)
""")
_ANY_DUE = text("SELECT EXISTS (SELECT FROM subscription WHERE due_at <= :now)")
_CLAIM = text("""
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
# Who verified while the hub's answer was on its way has nothing more to be asked about.
_ASKED = text("""
    UPDATE subscription SET due_at = :due, reason = :reason, message = :message,
        error_count = error_count + :failed
    WHERE id = :id AND token = :token AND asking <> ''
""")
_KNOWN = """
    SELECT s.id, s.podcast_id, p.feed_url, s.topic, s.secret, s.state, s.asking, s.error_count
    FROM subscription s JOIN podcast p ON p.id = s.podcast_id WHERE s.token = :token
"""
_FIND, _LOCK = text(_KNOWN), text(f"{_KNOWN} FOR NO KEY UPDATE OF s")
_VERIFIED = text("""
    UPDATE subscription SET state = 'active', asking = '', verified_at = :now, due_at = :due,
        lease_expires_at = :lease, error_count = 0, reason = NULL, message = NULL WHERE id = :id
""")
_ENDED = text("""
    UPDATE subscription SET state = 'ended', asking = '', due_at = NULL, reason = NULL,
        message = NULL WHERE id = :id
""")
_UNFIT = text("""
    UPDATE subscription SET asking = '', due_at = :due, error_count = error_count + 1,
        reason = :reason, message = :message WHERE id = :id
""")
_DENIED = text("""
    UPDATE subscription SET state = 'denied', asking = '', due_at = :due, lease_expires_at = NULL,
        confirmed_at = NULL, error_count = error_count + 1, reason = 'denied', message = :message
    WHERE id = :id AND state IN ('wanted', 'active', 'denied')
""")
_PUSHED = text("""
    UPDATE subscription SET last_push_at = :now, pushes = pushes + 1,
        confirmed_at = coalesce(confirmed_at, :now),
        reason = CASE WHEN asking <> '' OR error_count > 0 THEN reason END,
        message = CASE WHEN asking <> '' OR error_count > 0 THEN message END
    WHERE id = :id AND state = 'active'
""")
_REFUSED = text("""
    UPDATE subscription SET refused = refused + 1, reason = :reason, message = :message
    WHERE id = :id
""")
# A hint since the last look is as good as one before it: then the hub did tell.
_MISSED = text("""
    UPDATE subscription SET confirmed_at = NULL, reason = 'push_missed',
        message = 'a look found an episode that the hub had not told of'
    WHERE podcast_id = :podcast_id AND confirmed_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM crawl c WHERE c.podcast_id = :podcast_id AND c.notified_at > c.polled_at)
""")
_FORGET = text("""
    DELETE FROM subscription WHERE state = 'ended' AND coalesce(verified_at, created_at) < :before
""")


def record_hub_offer(
    session: Session, podcast_id: int, offer: HubOffer | None, known: tuple[str | None, str | None]
) -> None:
    """Remember the hub that a feed offers; no statement when it is the ``known`` one."""
    hub, topic = (offer.hub, offer.topic) if offer else (None, None)
    if (hub, topic) != known:
        asked = {"podcast_id": podcast_id, "hub": hub, "topic": topic}
        session.connection().execute(_NOTE, asked)


def create_wanted_subscriptions(session: Session, now: datetime, limit: int = 1000) -> int:
    """Make a row for each hub that an active podcast offers; how many, at most ``limit``.

    Token and secret are new each time: a callback that ended is never used again.
    """
    asked_for = {"limit": limit, "settled": now - _SETTLED}
    rows = session.connection().execute(_OFFERED, asked_for).all()
    if rows:
        asked = {
            "now": now,
            "podcasts": [row.podcast_id for row in rows],
            "hubs": [row.hub_url for row in rows],
            "topics": [row.topic_url for row in rows],
            "tokens": [secrets.token_urlsafe(32) for _ in rows],
            "secrets": [secrets.token_urlsafe(32) for _ in rows],
        }
        session.connection().execute(_WANT, asked)
    return len(rows)


def cancel_unwanted_subscriptions(session: Session, now: datetime) -> list[tuple[int, str]]:
    """End those of podcasts that are followed no more, or offer another hub: (podcast, state)."""
    asked = {"now": now, "farewells": _FAREWELLS}
    session.connection().execute(_GIVE_UP, asked)
    return [(row.podcast_id, row.state) for row in session.connection().execute(_LEAVE, asked)]


def any_due(session: Session, now: datetime) -> bool:
    """Whether a hub is to be asked something."""
    due: bool = session.connection().execute(_ANY_DUE, {"now": now}).scalar_one()
    return due


def claim_due(session: Session, now: datetime, limit: int) -> list[PendingHubRequest]:
    """What is to be asked now; committed before it is, for hubs may verify before they answer."""
    asked = {"now": now, "until": now + ASKING, "limit": limit}
    return [
        PendingHubRequest(**row) for row in session.connection().execute(_CLAIM, asked).mappings()
    ]


def record_hub_request(
    session: Session,
    pending: PendingHubRequest,
    due: datetime,
    *,
    reason: str,
    message: str,
    failed: bool,
) -> None:
    """Note what the hub answered, unless it has verified meanwhile."""
    asked = {
        "id": pending.id, "token": pending.token, "due": due, "reason": reason, "message": message,
        "failed": int(failed),
    }  # fmt: skip
    session.connection().execute(_ASKED, asked)


def find_subscription(
    session: Session, token: str, *, lock: bool = False
) -> KnownSubscription | None:
    """The subscription of a callback; None for one that never was."""
    row = session.connection().execute(_LOCK if lock else _FIND, {"token": token}).mappings()
    found = row.first()
    return KnownSubscription(**found) if found else None


def record_verdict(
    session: Session,
    known: KnownSubscription,
    verify_intent: IntentVerdict,
    now: datetime,
    jitter: float,
) -> None:
    """Note what a hub's question came to; one that does not fit is asked about again later."""
    asked: dict[str, Any] = {"id": known.id, "now": now}
    if not verify_intent.accepted:
        if verify_intent.reason == "bad_lease":
            due = next_attempt_at(now, known.error_count + 1, jitter)
            said = {"due": due, "reason": verify_intent.reason, "message": verify_intent.message}
            session.connection().execute(_UNFIT, asked | said)
        return
    if verify_intent.lease_expires_at is None:
        session.connection().execute(_ENDED, asked)
    else:
        said = {"due": verify_intent.due_at, "lease": verify_intent.lease_expires_at}
        session.connection().execute(_VERIFIED, asked | said)


def record_denial(session: Session, known: KnownSubscription, message: str, now: datetime) -> bool:
    """The hub will not tell us; it is asked again in a week. Whether it was still wanted."""
    asked = {"id": known.id, "message": message, "due": now + AFTER_DENIAL}
    return session.connection().execute(_DENIED, asked).rowcount > 0


def record_notification(session: Session, known: KnownSubscription, now: datetime) -> bool:
    """A delivery that the hub has signed; whether the subscription still held."""
    asked = {"id": known.id, "now": now}
    return session.connection().execute(_PUSHED, asked).rowcount > 0


def record_rejected_notification(
    session: Session, known: KnownSubscription, reason: str, message: str
) -> None:
    """A delivery that was not believed."""
    asked = {"id": known.id, "reason": reason, "message": message}
    session.connection().execute(_REFUSED, asked)


def record_missed_notification(session: Session, podcast_ids: Sequence[int]) -> None:
    """Trust these podcasts' hubs no more until they deliver again: they did not tell of news."""
    for podcast_id in podcast_ids:
        session.connection().execute(_MISSED, {"podcast_id": podcast_id})


def purge_subscriptions(session: Session, before: datetime) -> int:
    """Delete those that have ended and were last verified before a time; how many."""
    return session.connection().execute(_FORGET, {"before": before}).rowcount
