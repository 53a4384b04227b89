"""Due times of feeds and their hosts: due now, earlier because of a notification, or never."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models.database import database_time
from tasks.feeds.feed_urls import host_name
from tasks.feeds.store import lock_podcasts

_MARK_HOSTS_DUE = text("""
    UPDATE host h SET next_due_at = least(coalesce(h.next_due_at, n.at), n.at)
    FROM json_to_recordset(CAST(:rows AS json)) AS n (id bigint, at timestamptz)
    WHERE h.id = n.id
""")
_ADD_HOST = text("""
    INSERT INTO host (name, next_due_at) VALUES (:name, :now)
    ON CONFLICT (name) DO UPDATE SET next_due_at = least(host.next_due_at, excluded.next_due_at)
    RETURNING id
""")
_SCHEDULE_NOW = text("""
    UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'requested',
        skip_validators = skip_validators OR :skip_validators
    WHERE podcast_id = ANY(:ids) RETURNING host_id
""")
_STOP = text(
    "UPDATE crawl SET next_poll_at = NULL, next_poll_reason = :reason WHERE podcast_id = :id"
)
_POLLED = text("""
    SELECT id FROM podcast WHERE id = ANY(:ids) AND state IN ('pending', 'active', 'gone')
    ORDER BY id
""")
# A notification brings the next poll forward, to the minimum interval after the last poll: at least
# ten minutes for a failing feed, and never before the Retry-After of a server. A poll in progress
# may have missed the change, so another poll follows it. In a flood of notifications all but the
# first find the feed due, and write nothing.
_BRING_FORWARD = text("""
    WITH notified AS (
        SELECT podcast_id, claim_token IS NOT NULL AND next_poll_at <= :now AS in_progress,
               CASE WHEN claim_token IS NOT NULL THEN CAST(:now AS timestamptz) + :min_interval
                    ELSE greatest(:now, polled_at + CASE WHEN error_count > 0
                        THEN greatest(:min_interval, interval '10 minutes') ELSE :min_interval END)
               END AS at
        FROM crawl WHERE podcast_id = ANY(:ids) AND next_poll_at IS NOT NULL
            AND next_poll_reason <> 'retry_after'
    )
    UPDATE crawl c SET notified_at = :now, notified_by = :source,
        next_poll_at = CASE WHEN n.in_progress THEN n.at ELSE least(c.next_poll_at, n.at) END,
        next_poll_reason = CASE WHEN n.in_progress OR c.next_poll_at > n.at THEN 'notified'
                           ELSE c.next_poll_reason END
    FROM notified n WHERE c.podcast_id = n.podcast_id AND c.next_poll_at IS NOT NULL
        AND (n.in_progress OR c.next_poll_at > n.at OR c.notified_at IS NULL
             OR c.notified_at <= c.polled_at)
    RETURNING c.host_id, c.next_poll_at, c.next_poll_reason
""")


def mark_hosts_due(session: Session, due: Iterable[tuple[int, datetime]]) -> None:
    """Make hosts due no later than their feeds; in id order, so that locks never deadlock."""
    earliest: dict[int, datetime] = {}
    for host_id, at in due:
        earliest[host_id] = min(at, earliest.get(host_id, at))
    if earliest:
        rows = [{"id": host_id, "at": at.isoformat()} for host_id, at in sorted(earliest.items())]
        session.connection().execute(_MARK_HOSTS_DUE, {"rows": json.dumps(rows)})


def ensure_host_due(session: Session, feed_url: str, now: datetime) -> int:
    """Make the host of a feed due now, and add it if it is new; returns its id."""
    params = {"name": host_name(feed_url), "now": now}
    host_id: int = session.connection().execute(_ADD_HOST, params).scalar_one()
    return host_id


def schedule_poll_now(
    session: Session, podcast_ids: Sequence[int], now: datetime, *, skip_validators: bool
) -> None:
    """Make these feeds due now; ``skip_validators`` fetches them even if they are unchanged."""
    params = {"ids": list(podcast_ids), "now": now, "skip_validators": skip_validators}
    host_ids = session.connection().execute(_SCHEDULE_NOW, params).scalars()
    mark_hosts_due(session, [(host_id, now) for host_id in host_ids])


def poll_now(
    session: Session, podcast_ids: Sequence[int], *, skip_validators: bool = False
) -> None:
    """Make these podcasts due now, except those that are not polled at all."""
    lock_podcasts(session, podcast_ids)
    ids = session.connection().execute(_POLLED, {"ids": list(podcast_ids)}).scalars().all()
    schedule_poll_now(session, ids, database_time(session), skip_validators=skip_validators)


def stop_polling(session: Session, podcast_id: int, reason: str) -> None:
    """Schedule no further poll of a podcast."""
    session.connection().execute(_STOP, {"id": podcast_id, "reason": reason})


def bring_forward(
    session: Session,
    podcast_ids: Iterable[int],
    source: str,
    now: datetime,
    min_interval: timedelta,
) -> int:
    """Bring the next polls of feeds forward because of a notification; returns how many moved.

    At least ``min_interval`` lies between two polls of a feed.
    """
    params = {
        "ids": sorted(podcast_ids),
        "now": now,
        "source": source,
        "min_interval": min_interval,
    }
    rows = session.connection().execute(_BRING_FORWARD, params).all()
    moved = [row for row in rows if row.next_poll_reason == "notified"]
    mark_hosts_due(session, [(row.host_id, row.next_poll_at) for row in moved])
    return len(moved)
