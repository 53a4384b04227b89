"""Due times of feeds and their hosts: due now, earlier because of a notification, or never."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from models import Crawl, Host, Podcast, PodcastState
from models.database import database_time
from models.database.row_columns import any_of
from models.database.sql import execute, fetch_value, fetch_values
from tasks.feeds.feed_urls import host_name
from tasks.feeds.store import lock_podcasts

_MARK_HOSTS_DUE = text("""
    UPDATE host h SET next_due_at = least(coalesce(h.next_due_at, n.at), n.at)
    FROM json_to_recordset(CAST(:rows AS json)) AS n (id bigint, at timestamptz)
    WHERE h.id = n.id
""")
# The states of podcasts whose feeds are polled.
_POLLED = (PodcastState.pending, PodcastState.active, PodcastState.gone)
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
    row = insert(Host).values(name=host_name(feed_url), next_due_at=now)
    earliest = func.least(col(Host.next_due_at), row.excluded.next_due_at)
    added = row.on_conflict_do_update(index_elements=["name"], set_={"next_due_at": earliest})
    host_id: int = fetch_value(session, added.returning(col(Host.id)))
    return host_id


def schedule_poll_now(
    session: Session, podcast_ids: Sequence[int], now: datetime, *, skip_validators: bool
) -> None:
    """Make these feeds due now; ``skip_validators`` fetches them even if they are unchanged."""
    of_podcasts = update(Crawl).where(col(Crawl.podcast_id) == any_of(podcast_ids))
    due = of_podcasts.values(
        next_poll_at=now,
        next_poll_reason="requested",
        skip_validators=col(Crawl.skip_validators) | skip_validators,
    )
    host_ids = fetch_values(session, due.returning(col(Crawl.host_id)))
    mark_hosts_due(session, [(host_id, now) for host_id in host_ids])


def poll_now(
    session: Session, podcast_ids: Sequence[int], *, skip_validators: bool = False
) -> None:
    """Make these podcasts due now, except those that are not polled at all."""
    lock_podcasts(session, podcast_ids)
    query = select(Podcast.id).where(
        col(Podcast.id) == any_of(podcast_ids), col(Podcast.state).in_(_POLLED)
    )
    ids = fetch_values(session, query)
    schedule_poll_now(session, ids, database_time(session), skip_validators=skip_validators)


def stop_polling(session: Session, podcast_id: int, reason: str) -> None:
    """Schedule no further poll of a podcast."""
    of_podcast = update(Crawl).where(col(Crawl.podcast_id) == podcast_id)
    execute(session, of_podcast.values(next_poll_at=None, next_poll_reason=reason))


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
