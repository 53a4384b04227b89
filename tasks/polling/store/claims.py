"""Claims in crawl rows: claim due feeds, renew, release, and release those of lost workers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import case, func, select, update
from sqlmodel import Session, col

from models import Crawl, PodcastState
from models.database import set_async_commit
from models.database.row_columns import any_of
from models.database.sql import execute, fetch_all, fetch_values
from tasks.jobs.backoff import backoff
from tasks.podcasts.store.due_times import mark_hosts_due
from tasks.polling.archive.values import ArchiveProgress
from tasks.polling.schedule.backoff import FIRST_BACKOFF_TRANSIENT, MAX_BACKOFF
from tasks.polling.store.poll_log import log_lost_polls
from tasks.polling.values import ARCHIVE, ClaimedFeed

# How long a claim may wait in the queue for its poller, which then renews it while it works.
CLAIM_LEASE = timedelta(seconds=180)


# Two claims at once would not see each other's claims on a host, and poll it twice. The second one
# waits for the first; in a statement of its own, so that the next statement sees the new claims.
_CLAIMING = 7033621  # an arbitrary number

# Hosts first, then the next feeds of each host by index: as many as may be fetched at once, and
# more only if there are too few hosts to fill the batch. So neither a huge nor a slow host delays
# the others. A host with a claim is skipped, which bounds the parallel requests to it.
_CLAIM_DUE = """
    WITH hosts AS MATERIALIZED (
        SELECT h.id FROM host h
        WHERE h.next_due_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now
            AND NOT EXISTS (
                SELECT FROM crawl c WHERE c.host_id = h.id AND c.claim_token IS NOT NULL)
        ORDER BY h.next_due_at LIMIT :hosts FOR NO KEY UPDATE SKIP LOCKED
    ), due AS (
        SELECT c.podcast_id FROM hosts h CROSS JOIN LATERAL (
            SELECT podcast_id FROM crawl
            WHERE host_id = h.id AND next_poll_at <= :now AND claim_token IS NULL
                AND coalesce(last_error_reason = 'poll_worker_lost', false) = :worker_lost
            ORDER BY next_poll_at
            LIMIT greatest(:per_host, (SELECT ceil(:batch / count(*)::float8)::int FROM hosts))
            FOR NO KEY UPDATE SKIP LOCKED
        ) c LIMIT :batch
    )
    UPDATE crawl SET claim_token = :token, claim_expires_at = :until, claim_started = :started
    FROM due WHERE crawl.podcast_id = due.podcast_id
    RETURNING crawl.podcast_id, crawl.host_id
"""
# Of hosts that were claimed, and of hosts whose feeds turned out not to be due.
_UPDATE_HOSTS_DUE = """
    UPDATE host SET next_due_at = (
        SELECT min(c.next_poll_at) FROM crawl c WHERE c.host_id = host.id AND c.claim_token IS NULL)
    WHERE id = ANY(:hosts)
"""
# Checks only the first 1,000 hosts: a stale host further back cannot block them.
_STALE_HOSTS = """
    WITH first AS MATERIALIZED (
        SELECT id FROM host WHERE next_due_at <= :now ORDER BY next_due_at LIMIT 1000)
    SELECT h.id FROM first JOIN host h ON h.id = first.id WHERE NOT EXISTS (
        SELECT FROM crawl c
        WHERE c.host_id = h.id AND c.next_poll_at <= :now AND c.claim_token IS NULL)
    ORDER BY h.id FOR NO KEY UPDATE OF h SKIP LOCKED
"""
_CLAIMED = """
    SELECT c.podcast_id, c.host_id, p.state, p.feed_url, c.url, c.etag, c.last_modified,
           c.validators_origin, c.body_hash, c.skip_validators, c.error_count, c.claim_token,
           c.failing_since,
           c.last_ok_at, c.next_poll_at, c.rhythm AS publish_pattern, c.redirect_url,
           c.redirect_since, c.redirect_polls, c.new_feed_url, c.next_poll_reason,
           c.streak_outcome, c.streak_reason, c.hub_url, c.topic_url,
           (SELECT max(s.lease_expires_at) FROM subscription s WHERE s.podcast_id = c.podcast_id
                AND s.state = 'active' AND s.confirmed_at IS NOT NULL) AS pushed_until,
           a.podcast_id IS NOT NULL AS archive_in_progress, a.relation, a.next_url, a.until_url,
           a.seen, a.pages, a.error_count AS page_errors, a.feed_due_at,
           coalesce(a.feed_due_reason, '') AS feed_due_reason
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    LEFT JOIN archive_progress a ON a.podcast_id = c.podcast_id AND a.state = 'reading'
    WHERE c.claim_token = :token AND (:all OR c.podcast_id = ANY(:ids)) ORDER BY c.podcast_id
"""
# Only feeds whose poll had started can have crashed the worker; an expired, unstarted claim cannot.
_RELEASE_LOST = """
    WITH lost AS MATERIALIZED (
        SELECT podcast_id FROM crawl WHERE {lost}
        ORDER BY podcast_id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL,
        next_poll_at = CASE WHEN next_poll_at IS NULL THEN NULL
            WHEN NOT claim_started THEN CAST(:now AS timestamptz)
            ELSE CAST(:now AS timestamptz) + (CAST(:waits AS interval[]))[
                least(error_count + 1, cardinality(CAST(:waits AS interval[])))] END,
        next_poll_reason = CASE WHEN next_poll_at IS NULL THEN next_poll_reason
                           ELSE 'poll_worker_lost' END,
        error_count = error_count + claim_started::int,
        failing_since = CASE WHEN claim_started THEN coalesce(failing_since, :now)
                        ELSE failing_since END,
        last_error_reason = CASE WHEN claim_started THEN 'poll_worker_lost'
                            ELSE last_error_reason END,
        last_error = CASE WHEN claim_started THEN 'the process that polled this feed did not come '
                         'back' ELSE last_error END
    FROM lost WHERE crawl.podcast_id = lost.podcast_id
    RETURNING crawl.podcast_id, host_id, next_poll_at, claim_started
"""
# After a first loss, a feed is polled at once: a killed worker is not its fault.
_LOST_WAITS = [
    timedelta(0),
    *(backoff(losses, FIRST_BACKOFF_TRANSIENT, MAX_BACKOFF, jitter=0.5) for losses in range(1, 12)),
]
_EXPIRED = "claim_token IS NOT NULL AND (claim_expires_at < :now OR claim_expires_at IS NULL)"
_OF_CLAIM = "claim_token = :token"


@dataclass(frozen=True, slots=True)
class _Claim:
    podcast_id: int
    host_id: int


@dataclass(frozen=True, slots=True)
class _LostPoll:
    podcast_id: int
    host_id: int
    next_poll_at: datetime | None
    claim_started: bool


def claim_due_feeds(session: Session, now: datetime, batch: int, per_host: int = 4) -> UUID | None:
    """Claim due feeds, at most ``batch``; returns the claim token, or None if none is due.

    At most ``per_host`` feeds of one host, unless there are too few hosts to fill the batch. A feed
    whose last poll lost its worker is claimed alone: if it crashes workers, it affects no other.
    """
    token = uuid4()
    params = {
        "now": now,
        "until": now + CLAIM_LEASE,
        "token": token,
        "hosts": batch,
        "started": False,
        "per_host": per_host,
    }
    _lock_claiming(session)
    claimed: list[_Claim] = []
    for worker_lost, size in ((False, batch), (True, 1)):
        claimed = claimed or _claim(session, params | {"worker_lost": worker_lost, "batch": size})
    stale = fetch_values(session, _STALE_HOSTS, {"now": now})
    _update_hosts_due(session, {row.host_id for row in claimed} | set(stale))
    return token if claimed else None


def claim_more_feeds(
    session: Session, token: UUID, now: datetime, lease_seconds: float, batch: int, per_host: int
) -> list[ClaimedFeed]:
    """Claim more due feeds under a claim that a poller works on; returns those feeds."""
    params = {
        "now": now,
        "until": now + timedelta(seconds=lease_seconds),
        "token": token,
        "hosts": batch,
        "started": True,
        "per_host": per_host,
        "worker_lost": False,
        "batch": batch,
    }
    _lock_claiming(session)
    claimed = _claim(session, params)
    _update_hosts_due(session, {row.host_id for row in claimed})
    return claimed_feeds(session, token, [row.podcast_id for row in claimed])


def _lock_claiming(session: Session) -> None:
    set_async_commit(session)  # claims are cheap to redo
    execute(session, select(func.pg_advisory_xact_lock(_CLAIMING)))


def _claim(session: Session, params: dict[str, Any]) -> list[_Claim]:
    return fetch_all(session, _CLAIM_DUE, _Claim, params)


def _update_hosts_due(session: Session, hosts: set[int]) -> None:
    if hosts:
        execute(session, _UPDATE_HOSTS_DUE, {"hosts": sorted(hosts)})


def claim_feeds(session: Session, podcast_ids: Sequence[int], now: datetime) -> UUID:
    """Claim those of these feeds that are due and not claimed; returns the claim token."""
    token = uuid4()
    due = update(Crawl).where(
        col(Crawl.podcast_id) == any_of(podcast_ids),
        col(Crawl.next_poll_at) <= now,
        col(Crawl.claim_token).is_(None),
    )
    claim = due.values(claim_token=token, claim_expires_at=now + CLAIM_LEASE, claim_started=False)
    execute(session, claim)
    return token


def renew_claim(session: Session, token: UUID, now: datetime, lease_seconds: float) -> bool:
    """Renew the lease of a claim; False when no feed is left under it."""
    claimed = update(Crawl).where(col(Crawl.claim_token) == token)
    until = now + timedelta(seconds=lease_seconds)
    return execute(session, claimed.values(claim_expires_at=until, claim_started=True)) > 0


def claimed_feeds(
    session: Session, token: UUID, podcast_ids: Sequence[int] | None = None
) -> list[ClaimedFeed]:
    """Return the feeds under a claim, all or these; none if its message was late or doubled."""
    params = {"token": token, "all": podcast_ids is None, "ids": list(podcast_ids or ())}
    return fetch_all(session, _CLAIMED, _claimed_feed, params)


def _claimed_feed(
    *,
    state: str,
    relation: str | None,
    next_url: str | None,
    until_url: str | None,
    seen: Sequence[str] | None,
    pages: int | None,
    page_errors: int | None,
    **columns: Any,
) -> ClaimedFeed:
    """A claimed feed, with its next archive page when that is what it is due for."""
    archive_page = None
    if columns["archive_in_progress"] and columns["next_poll_reason"] == ARCHIVE:
        archive_page = ArchiveProgress(
            relation=relation or "",
            next_url=next_url or "",
            until_url=until_url,
            pages=pages or 0,
            seen=tuple(seen or ()),
            error_count=page_errors or 0,
        )
    return ClaimedFeed(**columns, state=PodcastState(state), archive_page=archive_page)


def release_claim(session: Session, token: UUID, now: datetime) -> None:
    """Release claimed feeds that were not polled; they are due again now."""
    due = case((col(Crawl.next_poll_at).is_not(None), now))
    released = (
        update(Crawl)
        .where(col(Crawl.claim_token) == token)
        .values(claim_token=None, claim_expires_at=None, next_poll_at=due)
        .returning(col(Crawl.host_id))
    )
    mark_hosts_due(session, [(host, now) for host in fetch_values(session, released)])


def release_unstarted_claims(session: Session, now: datetime) -> int:
    """Release all claims that no poller has started, whose messages are gone; returns how many."""
    unstarted = col(Crawl.claim_token).is_not(None), ~col(Crawl.claim_started)
    tokens = fetch_values(session, select(col(Crawl.claim_token)).where(*unstarted).distinct())
    for token in tokens:
        release_claim(session, token, now)
    return len(tokens)


def release_expired_claims(session: Session, now: datetime) -> list[int]:
    """Release feeds whose claims expired; returns their podcasts, at most 1,000."""
    return _release_lost(session, _EXPIRED, {"now": now})


def mark_claim_lost(session: Session, token: UUID, now: datetime) -> list[int]:
    """Release the remaining feeds of a claim whose worker was lost; returns their podcasts."""
    return _release_lost(session, _OF_CLAIM, {"token": token, "now": now})


def _release_lost(session: Session, lost: str, params: dict[str, Any]) -> list[int]:
    """Release the feeds that a condition selects; log those whose poll had started as lost."""
    query = _RELEASE_LOST.format(lost=lost)
    rows = fetch_all(session, query, _LostPoll, params | {"waits": _LOST_WAITS})
    now = params["now"]
    log_lost_polls(session, [row.podcast_id for row in rows if row.claim_started], now)
    mark_hosts_due(session, [(row.host_id, row.next_poll_at) for row in rows if row.next_poll_at])
    return [row.podcast_id for row in rows]
