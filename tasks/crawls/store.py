"""Crawl rows: claims on the feeds that are due, and the outcome and next time of every look."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState
from tasks.crawls.values import ClaimedFeed, ClaimLost, Look, NextLook

# Longer than a poll task may run (its hard limit is 150 s), so that a claim outlives its holder.
CLAIM = timedelta(seconds=180)

# Two ticks at once would each see no claim of the other's on a host, and poll it twice: the second
# waits for the first, and by a statement of its own, so that the next one sees what was claimed.
_ONE_TICK_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7033621)")  # any number of our own

# Hosts first, then the next feeds of each by index: one huge host cannot fill the batch. A host
# is left alone while a poller is at it, which is how its parallel requests stay within a limit.
_CLAIM_DUE = text("""
    WITH hosts AS (
        SELECT h.id FROM host h
        WHERE h.next_due_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now
            AND NOT EXISTS (SELECT FROM crawl c WHERE c.host_id = h.id AND c.claim IS NOT NULL)
        ORDER BY h.next_due_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
    ), due AS (
        SELECT c.podcast_id FROM hosts h CROSS JOIN LATERAL (
            SELECT podcast_id FROM crawl
            WHERE host_id = h.id AND next_poll_at <= :now AND claim IS NULL
            ORDER BY next_poll_at LIMIT :batch FOR NO KEY UPDATE SKIP LOCKED
        ) c LIMIT :batch
    )
    UPDATE crawl SET claim = :token, claimed_until = :until
    FROM due WHERE crawl.podcast_id = due.podcast_id RETURNING crawl.host_id
""")
# Hosts that were claimed, and hosts whose feeds turned out not to be due after all.
_NEXT_DUE = text("""
    UPDATE host SET next_due_at = (
        SELECT min(c.next_poll_at) FROM crawl c WHERE c.host_id = host.id AND c.claim IS NULL)
    WHERE id = ANY(:hosts)
""")
_STALE_HOSTS = text("""
    SELECT h.id FROM host h WHERE h.next_due_at <= :now AND NOT EXISTS (
        SELECT FROM crawl c WHERE c.host_id = h.id AND c.next_poll_at <= :now AND c.claim IS NULL)
    ORDER BY h.next_due_at LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED
""")
_CLAIM_THESE = text("""
    UPDATE crawl SET claim = :token, claimed_until = :until
    WHERE podcast_id = ANY(:ids) AND (claim IS NULL OR claimed_until < :now)
    RETURNING podcast_id
""")
_CLAIMED = text("""
    SELECT c.podcast_id, c.host_id, p.state, p.feed_url, c.url, c.etag, c.last_modified,
           c.body_hash, c.unconditional, c.error_count, c.claim
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id WHERE c.claim = :token ORDER BY c.podcast_id
""")
# Paused or removed while the answer was on its way, a feed has no next time, and gets none here.
_SETTLE = text("""
    UPDATE crawl SET claim = NULL, claimed_until = NULL, polled_at = :now,
        next_poll_at = CASE WHEN next_poll_at IS NOT NULL THEN CAST(:next_at AS timestamptz) END,
        next_poll_why = CASE WHEN next_poll_at IS NULL THEN next_poll_why ELSE :why END,
        unconditional = CASE WHEN :ok THEN false ELSE unconditional END,
        etag = CASE WHEN :ok THEN :etag ELSE etag END,
        last_modified = CASE WHEN :ok THEN :last_modified ELSE last_modified END,
        body_hash = coalesce(:body_hash, body_hash),
        last_ok_at = CASE WHEN :ok THEN :now ELSE last_ok_at END,
        last_status = coalesce(:status, last_status),
        error_count = :error_count,
        failing_since = CASE WHEN :ok THEN NULL ELSE coalesce(failing_since, :now) END,
        last_error_reason = CASE WHEN :ok THEN NULL ELSE :reason END,
        last_error = CASE WHEN :ok THEN NULL ELSE :message END
    WHERE podcast_id = :podcast_id AND claim = :claim
    RETURNING host_id
""")
_SOONER = text("""
    UPDATE host SET next_due_at = least(coalesce(next_due_at, :at), :at) WHERE id = ANY(:hosts)
""")
_RELEASE = text("""
    UPDATE crawl SET claim = NULL, claimed_until = NULL,
        next_poll_at = CASE WHEN next_poll_at IS NOT NULL THEN CAST(:now AS timestamptz) END
    WHERE claim = :token RETURNING host_id
""")
_LOST = text("""
    UPDATE crawl SET claim = NULL, claimed_until = NULL,
        next_poll_at = CASE WHEN next_poll_at IS NOT NULL THEN CAST(:now AS timestamptz) END,
        next_poll_why = CASE WHEN next_poll_at IS NULL THEN next_poll_why ELSE 'poller lost' END,
        error_count = error_count + 1,
        failing_since = coalesce(failing_since, :now), last_error_reason = 'poller_lost',
        last_error = 'the process that polled this feed did not come back'
    WHERE podcast_id IN (
        SELECT podcast_id FROM crawl WHERE claim IS NOT NULL AND claimed_until < :now
        ORDER BY podcast_id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING podcast_id, host_id
""")
_ASK = text("""
    UPDATE crawl SET next_poll_at = :now, next_poll_why = 'asked',
        unconditional = unconditional OR :unconditional
    WHERE podcast_id = ANY(:ids) RETURNING host_id
""")


def claim_due_feeds(session: Session, now: datetime, batch: int) -> UUID | None:
    """Claim the feeds that are due, at most ``batch``; the token of the claim, if there are any."""
    token = uuid4()
    asked = {"now": now, "until": now + CLAIM, "token": token, "batch": batch}
    session.connection().execute(_ONE_TICK_AT_A_TIME)
    hosts = set(session.connection().execute(_CLAIM_DUE, asked).scalars())
    stale = session.connection().execute(_STALE_HOSTS, {"now": now}).scalars()
    if outdated := sorted(hosts | set(stale)):
        session.connection().execute(_NEXT_DUE, {"hosts": outdated})
    return token if hosts else None


def claim_feeds(session: Session, podcast_ids: Sequence[int], now: datetime) -> UUID:
    """Claim these feeds, due or not, except those that somebody is polling; the token."""
    token = uuid4()
    asked = {"ids": list(podcast_ids), "now": now, "until": now + CLAIM, "token": token}
    session.connection().execute(_CLAIM_THESE, asked)
    return token


def claimed_feeds(session: Session, token: UUID) -> list[ClaimedFeed]:
    """The feeds under a claim; none when the message was a duplicate or came too late."""
    rows = session.connection().execute(_CLAIMED, {"token": token}).mappings()
    return [ClaimedFeed(**{**row, "state": PodcastState(row["state"])}) for row in rows]


def settle(
    session: Session, feed: ClaimedFeed, look: Look, next_look: NextLook, now: datetime
) -> None:
    """Record what a look came to and when the next one is due, and let the feed go.

    Raises:
        ClaimLost: the claim is somebody else's by now; the transaction must be rolled back.
    """
    asked = asdict(look) | {
        "ok": look.ok,
        "claim": feed.claim,
        "now": now,
        "next_at": next_look.at,
        "why": next_look.why,
        "error_count": 0 if look.ok else feed.error_count + 1,
    }
    host_id = session.connection().execute(_SETTLE, asked).scalar()
    if host_id is None:
        raise ClaimLost(f"podcast {feed.podcast_id} is polled by another process")
    if next_look.at:
        session.connection().execute(_SOONER, {"at": next_look.at, "hosts": [host_id]})


def release_claim(session: Session, token: UUID, now: datetime) -> None:
    """Give claimed feeds back unpolled: the message for them could not be sent."""
    hosts = session.connection().execute(_RELEASE, {"token": token, "now": now}).scalars()
    session.connection().execute(_SOONER, {"at": now, "hosts": sorted(set(hosts))})


def release_lost_claims(session: Session, now: datetime) -> list[int]:
    """Let go of feeds whose poller did not come back; the podcasts, due again now."""
    rows = session.connection().execute(_LOST, {"now": now}).all()
    hosts = sorted({row.host_id for row in rows})
    session.connection().execute(_SOONER, {"at": now, "hosts": hosts})
    return [row.podcast_id for row in rows]


def ask_for_look(
    session: Session, podcast_ids: Sequence[int], now: datetime, *, unconditional: bool
) -> None:
    """Make these feeds due now; unconditionally when their validators are not to be believed."""
    asked = {"ids": list(podcast_ids), "now": now, "unconditional": unconditional}
    hosts = session.connection().execute(_ASK, asked).scalars()
    session.connection().execute(_SOONER, {"at": now, "hosts": sorted(set(hosts))})
