"""Crawl rows: claims on the feeds that are due, and the outcome and next time of every look."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState
from tasks.podcasts.store.due_times import mark_hosts_due
from tasks.polling.archive.values import ArchiveProgress
from tasks.polling.store.poll_log import end_streaks, log_lost_polls
from tasks.polling.values import ClaimedFeed, NextPoll, PollResult

# How long a claim may wait in the queue for its poller, who then renews it for as long as it works.
CLAIM = timedelta(seconds=180)

# Why a look is made that asks for a page of a feed, and not for the feed itself.
ARCHIVE = "archive"
_PAGE_COLUMNS = ("relation", "next_url", "until_url", "seen", "pages", "page_errors")

# Two ticks at once would each see no claim of the other's on a host, and poll it twice: the second
# waits for the first, and by a statement of its own, so that the next one sees what was claimed.
_ONE_TICK_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7033621)")  # any number of our own

# Hosts first, then the next feeds of each by index: of each as many as may be asked at once, and
# more only where there are too few hosts to fill the batch, so that neither a huge nor a slow host
# keeps the others waiting. A host is left alone while a poller is at it, which is how its parallel
# requests stay within a limit.
_CLAIM_DUE = text("""
    WITH hosts AS MATERIALIZED (
        SELECT h.id FROM host h
        WHERE h.next_due_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now
            AND NOT EXISTS (SELECT FROM crawl c WHERE c.host_id = h.id AND c.claim_token IS NOT NULL)
        ORDER BY h.next_due_at LIMIT :hosts FOR NO KEY UPDATE SKIP LOCKED
    ), due AS (
        SELECT c.podcast_id FROM hosts h CROSS JOIN LATERAL (
            SELECT podcast_id FROM crawl
            WHERE host_id = h.id AND next_poll_at <= :now AND claim_token IS NULL
                AND coalesce(last_error_reason = 'poll_worker_lost', false) = :lost
            ORDER BY next_poll_at
            LIMIT greatest(:per_host, (SELECT ceil(:batch / count(*)::float8)::int FROM hosts))
            FOR NO KEY UPDATE SKIP LOCKED
        ) c LIMIT :batch
    )
    UPDATE crawl SET claim_token = :token, claim_expires_at = :until, claim_started = :begun
    FROM due WHERE crawl.podcast_id = due.podcast_id
    RETURNING crawl.podcast_id, crawl.host_id
""")
# A claim that a crash of the database undoes is only made again: nobody waits for its disk.
_NO_WAIT = text("SET LOCAL synchronous_commit = off")
# Hosts that were claimed, and hosts whose feeds turned out not to be due after all.
_NEXT_DUE = text("""
    UPDATE host SET next_due_at = (
        SELECT min(c.next_poll_at) FROM crawl c WHERE c.host_id = host.id AND c.claim_token IS NULL)
    WHERE id = ANY(:hosts)
""")
# Of the first ones only: where those all have feeds that are due, none behind them is in the way.
_STALE_HOSTS = text("""
    WITH first AS MATERIALIZED (
        SELECT id FROM host WHERE next_due_at <= :now ORDER BY next_due_at LIMIT 1000)
    SELECT h.id FROM first JOIN host h ON h.id = first.id WHERE NOT EXISTS (
        SELECT FROM crawl c WHERE c.host_id = h.id AND c.next_poll_at <= :now AND c.claim_token IS NULL)
    ORDER BY h.id FOR NO KEY UPDATE OF h SKIP LOCKED
""")
_CLAIM_THESE = text("""
    UPDATE crawl SET claim_token = :token, claim_expires_at = :until, claim_started = false
    WHERE podcast_id = ANY(:ids) AND (claim_token IS NULL OR claim_expires_at < :now)
    RETURNING podcast_id
""")
_RENEW = text(
    "UPDATE crawl SET claim_expires_at = :until, claim_started = true WHERE claim_token = :token"
)
_CLAIMED = text("""
    SELECT c.podcast_id, c.host_id, p.state, p.feed_url, c.url, c.etag, c.last_modified,
           c.body_hash, c.skip_validators, c.error_count, c.claim_token, c.failing_since, c.last_ok_at,
           c.next_poll_at, c.rhythm, c.redirect_url, c.redirect_since, c.redirect_polls, c.new_feed_url,
           c.next_poll_reason, c.streak_outcome, c.streak_reason, c.hub_url, c.topic_url,
           (SELECT max(s.lease_expires_at) FROM subscription s WHERE s.podcast_id = c.podcast_id
                AND s.state = 'active' AND s.confirmed_at IS NOT NULL) AS pushed_until,
           b.podcast_id IS NOT NULL AS has_archive, b.relation, b.next_url, b.until_url, b.seen,
           b.pages, b.error_count AS page_errors, b.feed_due_at,
           coalesce(b.feed_due_reason, '') AS feed_due_reason
    FROM crawl c JOIN podcast p ON p.id = c.podcast_id
    LEFT JOIN archive_progress b ON b.podcast_id = c.podcast_id AND b.state = 'reading'
    WHERE c.claim_token = :token AND (:all OR c.podcast_id = ANY(:ids)) ORDER BY c.podcast_id
""")
# A next time that somebody has set while the answer was on its way stands: paused or removed, a
# feed has none; asked for anew, it is still due, for this answer may be to a conditional request.
_SETTLE = text("""
    UPDATE crawl c SET claim_token = NULL, claim_expires_at = NULL, polled_at = :now,
        next_poll_at = CASE WHEN c.next_poll_at = n.was_at THEN n.next_at ELSE c.next_poll_at END,
        next_poll_reason = CASE WHEN c.next_poll_at = n.was_at THEN n.why ELSE c.next_poll_reason END,
        skip_validators = c.skip_validators
            AND NOT (n.ok AND coalesce(c.next_poll_at = n.was_at, true)),
        etag = CASE WHEN n.ok THEN n.etag ELSE c.etag END,
        last_modified = CASE WHEN n.ok THEN n.last_modified ELSE c.last_modified END,
        body_hash = coalesce(n.body_hash, c.body_hash),
        rhythm = coalesce(CAST(n.rhythm AS jsonb), c.rhythm),
        last_ok_at = CASE WHEN n.ok THEN :now ELSE c.last_ok_at END,
        last_status = coalesce(n.status, c.last_status),
        error_count = CASE WHEN n.ok THEN 0 ELSE c.error_count + n.failed END,
        failing_since = CASE WHEN n.ok THEN NULL ELSE coalesce(c.failing_since, :now) END,
        last_error_reason = CASE WHEN n.ok THEN NULL ELSE n.reason END,
        last_error = CASE WHEN n.ok THEN NULL ELSE n.message END,
        streak_polls = CASE WHEN n.begins THEN 1 ELSE c.streak_polls + 1 END,
        streak_since = CASE WHEN n.begins THEN :now ELSE c.streak_since END,
        streak_outcome = n.outcome, streak_reason = NULLIF(n.reason, ''), streak_status = n.status,
        streak_new = n.new, streak_changed = n.changed, streak_took_ms = n.took_ms
    FROM unnest(CAST(:ids AS bigint[]), CAST(:oks AS boolean[]), CAST(:faileds AS int[]),
                CAST(:next_ats AS timestamptz[]), CAST(:whys AS text[]), CAST(:etags AS text[]),
                CAST(:last_modifieds AS text[]), CAST(:body_hashes AS bytea[]),
                CAST(:rhythms AS text[]), CAST(:statuses AS int[]), CAST(:reasons AS text[]),
                CAST(:messages AS text[]), CAST(:was_ats AS timestamptz[]),
                CAST(:begins AS boolean[]), CAST(:outcomes AS text[]), CAST(:news AS int[]),
                CAST(:changeds AS int[]), CAST(:took_mss AS int[]))
        AS n (podcast_id, ok, failed, next_at, why, etag, last_modified, body_hash, rhythm,
              status, reason, message, was_at, begins, outcome, new, changed, took_ms)
    WHERE c.podcast_id = n.podcast_id AND c.claim_token = :claim
    RETURNING c.podcast_id, c.host_id, c.next_poll_at
""")
# The feed's own figures are of its own looks; a page changes only when to look next.
_SETTLE_PAGE = text("""
    UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL,
        next_poll_at = CASE WHEN next_poll_at = :was_at THEN :next_at ELSE next_poll_at END,
        next_poll_reason = CASE WHEN next_poll_at = :was_at THEN :why ELSE next_poll_reason END
    WHERE podcast_id = :id AND claim_token = :claim RETURNING host_id, next_poll_at
""")
_NOT_BEFORE = text("""
    UPDATE host SET next_allowed_at = greatest(coalesce(next_allowed_at, :at), :at)
    WHERE id = :host
""")
_RELEASE = text("""
    UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL,
        next_poll_at = CASE WHEN next_poll_at IS NOT NULL THEN CAST(:now AS timestamptz) END
    WHERE claim_token = :token RETURNING host_id
""")
# Only what a poller had begun can be the poller's death; a message that waited too long is not.
_LOST = """
    WITH lost AS MATERIALIZED (
        {chosen} ORDER BY podcast_id LIMIT 1000 FOR NO KEY UPDATE SKIP LOCKED)
    UPDATE crawl SET claim_token = NULL, claim_expires_at = NULL,
        next_poll_at = CASE WHEN next_poll_at IS NULL THEN NULL
            WHEN NOT claim_started THEN CAST(:now AS timestamptz)
            ELSE CAST(:now AS timestamptz)
                + least(interval '10 minutes' * 2 ^ least(error_count, 9) - interval '10 minutes',
                        interval '3 days') END,
        next_poll_reason = CASE WHEN next_poll_at IS NULL THEN next_poll_reason ELSE 'poll_worker_lost' END,
        error_count = error_count + claim_started::int,
        failing_since = CASE WHEN claim_started THEN coalesce(failing_since, :now)
                        ELSE failing_since END,
        last_error_reason = CASE WHEN claim_started THEN 'poll_worker_lost' ELSE last_error_reason END,
        last_error = CASE WHEN claim_started THEN 'the process that polled this feed did not come '
                         'back' ELSE last_error END
    FROM lost WHERE crawl.podcast_id = lost.podcast_id
    RETURNING crawl.podcast_id, host_id, next_poll_at, claim_started
"""
_LOST_CLAIMS = text(
    _LOST.format(
        chosen="SELECT podcast_id FROM crawl WHERE claim_token IS NOT NULL AND claim_expires_at < :now"
    )
)
_LOSE_CLAIM = text(_LOST.format(chosen="SELECT podcast_id FROM crawl WHERE claim_token = :token"))
_UNBEGUN = text(
    "SELECT DISTINCT claim_token FROM crawl WHERE claim_token IS NOT NULL AND NOT claim_started"
)


def claim_due_feeds(session: Session, now: datetime, batch: int, per_host: int = 4) -> UUID | None:
    """Claim the feeds that are due, at most ``batch``; the token of the claim, if there are any.

    Of one host no more than ``per_host``, unless there are too few hosts to fill the batch. A feed
    that a poller was lost with is claimed alone: should it be the one that kills them, it takes no
    other with it.
    """
    token = uuid4()
    asked = {"now": now, "until": now + CLAIM, "token": token, "hosts": batch, "begun": False,
             "per_host": per_host}  # fmt: skip
    _one_tick_at_a_time(session)
    claimed: Sequence[Any] = ()
    for lost, size in ((False, batch), (True, 1)):
        claimed = claimed or _claim(session, asked | {"lost": lost, "batch": size})
    stale = session.connection().execute(_STALE_HOSTS, {"now": now}).scalars()
    _next_due(session, {row.host_id for row in claimed} | set(stale))
    return token if claimed else None


def claim_more_feeds(
    session: Session, token: UUID, now: datetime, lease_seconds: float, batch: int, per_host: int
) -> list[ClaimedFeed]:
    """Claim more of what is due under a claim that is being worked on; those feeds."""
    until = now + timedelta(seconds=lease_seconds)
    asked = {"now": now, "until": until, "token": token, "hosts": batch, "begun": True,
             "per_host": per_host, "lost": False, "batch": batch}  # fmt: skip
    _one_tick_at_a_time(session)
    claimed = _claim(session, asked)
    _next_due(session, {row.host_id for row in claimed})
    return claimed_feeds(session, token, [row.podcast_id for row in claimed])


def _one_tick_at_a_time(session: Session) -> None:
    session.connection().execute(_NO_WAIT)
    session.connection().execute(_ONE_TICK_AT_A_TIME)


def _claim(session: Session, asked: dict[str, Any]) -> Sequence[Any]:
    return session.connection().execute(_CLAIM_DUE, asked).all()


def _next_due(session: Session, hosts: set[int]) -> None:
    if hosts:
        session.connection().execute(_NEXT_DUE, {"hosts": sorted(hosts)})


def claim_feeds(session: Session, podcast_ids: Sequence[int], now: datetime) -> UUID:
    """Claim these feeds, due or not, except those that somebody is polling; the token."""
    token = uuid4()
    asked = {"ids": list(podcast_ids), "now": now, "until": now + CLAIM, "token": token}
    session.connection().execute(_CLAIM_THESE, asked)
    return token


def renew_claim(session: Session, token: UUID, now: datetime, lease_seconds: float) -> bool:
    """Keep claimed feeds for so long from now; False when none is left under the claim."""
    asked = {"token": token, "until": now + timedelta(seconds=lease_seconds)}
    return session.connection().execute(_RENEW, asked).rowcount > 0


def claimed_feeds(
    session: Session, token: UUID, podcast_ids: Sequence[int] | None = None
) -> list[ClaimedFeed]:
    """The feeds under a claim, or those of them that are named.

    None, when the message was a duplicate or came too late.
    """
    asked = {"token": token, "all": podcast_ids is None, "ids": list(podcast_ids or ())}
    rows = session.connection().execute(_CLAIMED, asked).mappings()
    return [_claimed_feed(dict(row)) for row in rows]


def _claimed_feed(row: dict[str, Any]) -> ClaimedFeed:
    """A feed, with the page of its back catalogue when that is what it was due for."""
    row["state"] = PodcastState(row["state"])
    relation, url, until, seen, read, errors = (row.pop(name) for name in _PAGE_COLUMNS)
    pages = None
    if row["has_archive"] and row["next_poll_reason"] == ARCHIVE:
        pages = ArchiveProgress(relation, url, until, tuple(seen), read, errors)
    return ClaimedFeed(**row, pages=pages)


def record_archive_page(
    session: Session, feed: ClaimedFeed, following: NextPoll, now: datetime
) -> bool:
    """Record when to look next after a page, and let the feed go; False when the claim is lost."""
    asked = {
        "id": feed.podcast_id,
        "claim": feed.claim_token,
        "was_at": feed.next_poll_at,
        "next_at": following.at,
        "why": following.why,
    }
    row = session.connection().execute(_SETTLE_PAGE, asked).first()
    if row is None:
        return False
    mark_hosts_due(session, [(row.host_id, row.next_poll_at or now)])
    if following.host_not_before:
        host = {"at": following.host_not_before, "host": feed.host_id}
        session.connection().execute(_NOT_BEFORE, host)
    return True


def record_poll_results(
    session: Session, results: Sequence[PollResult], now: datetime, *, poll_log_per_feed: int = 100
) -> set[int]:
    """Record what looks under one claim came to and when the next are due, and let the feeds go.

    Where a run of equal looks ends, it goes into the history, of which ``poll_log_per_feed`` are kept for
    each feed. Returns the podcasts that were recorded; the claim of the others is somebody else's
    by now.
    """
    if not results:
        return set()
    ended = [one.poll.podcast_id for one in results if _ends_a_run(one)]
    end_streaks(session, ended, results[0].feed.claim_token, poll_log_per_feed)
    rows = session.connection().execute(_SETTLE, _settle_columns(results) | {"now": now}).all()
    mark_hosts_due(session, [(row.host_id, row.next_poll_at) for row in rows if row.next_poll_at])
    for one in results:
        if one.next_poll.host_not_before:
            asked = {"at": one.next_poll.host_not_before, "host": one.feed.host_id}
            session.connection().execute(_NOT_BEFORE, asked)
    return {row.podcast_id for row in rows}


def _ends_a_run(one: PollResult) -> bool:
    return one.feed.streak_outcome is not None and not one.feed.same_as_before(one.poll)


def _settle_columns(results: Sequence[PollResult]) -> dict[str, Any]:
    polls = [one.poll for one in results]
    return {
        "claim": results[0].feed.claim_token,
        "ids": [poll.podcast_id for poll in polls],
        "oks": [poll.ok for poll in polls],
        "faileds": [
            int(poll.reason != "not_attempted") for poll in polls
        ],  # no fault of the feed's
        "next_ats": [one.next_poll.at for one in results],
        "whys": [one.next_poll.why for one in results],
        "etags": [poll.etag for poll in polls],
        "last_modifieds": [poll.last_modified for poll in polls],
        "body_hashes": [poll.body_hash for poll in polls],
        "rhythms": [one.rhythm and json.dumps(one.rhythm) for one in results],
        "statuses": [poll.status for poll in polls],
        "reasons": [poll.reason for poll in polls],
        "messages": [poll.message for poll in polls],
        "was_ats": [one.feed.next_poll_at for one in results],
        "begins": [not one.feed.same_as_before(one.poll) for one in results],
        "outcomes": [poll.outcome for poll in polls],
        "news": [poll.new for poll in polls],
        "changeds": [poll.changed for poll in polls],
        "took_mss": [poll.took_ms for poll in polls],
    }


def release_claim(session: Session, token: UUID, now: datetime) -> None:
    """Give claimed feeds back unpolled: the message for them could not be sent."""
    hosts = session.connection().execute(_RELEASE, {"token": token, "now": now}).scalars()
    mark_hosts_due(session, [(host, now) for host in hosts])


def release_unstarted_claims(session: Session, now: datetime) -> int:
    """Give back every claim that no poller has begun: its message is gone; how many there were."""
    tokens = list(session.connection().execute(_UNBEGUN).scalars())
    for token in tokens:
        release_claim(session, token, now)
    return len(tokens)


def release_expired_claims(session: Session, now: datetime) -> list[int]:
    """Let go of feeds whose poller did not come back; the podcasts, due again now."""
    return _lost(session, session.connection().execute(_LOST_CLAIMS, {"now": now}).all(), now)


def mark_claim_lost(session: Session, token: UUID, now: datetime) -> list[int]:
    """Let go of what is left of a claim whose poller did not come back; the podcasts."""
    asked = {"token": token, "now": now}
    return _lost(session, session.connection().execute(_LOSE_CLAIM, asked).all(), now)


def _lost(session: Session, rows: Sequence[Any], now: datetime) -> list[int]:
    log_lost_polls(session, [row.podcast_id for row in rows if row.claim_started], now)
    mark_hosts_due(session, [(row.host_id, row.next_poll_at) for row in rows if row.next_poll_at])
    return [row.podcast_id for row in rows]
