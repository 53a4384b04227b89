"""Records poll results in crawl rows: outcome, validators, next poll; ends their claims."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, update
from sqlmodel import Session, col

from models import Crawl, Host
from models.database.row_columns import row_columns
from models.database.sql import as_recordset, execute, fetch_all, fetch_one
from models.queries.visibility import polled_podcast
from tasks.podcasts.store.due_times import mark_hosts_due
from tasks.polling.store.poll_log import end_streaks
from tasks.polling.values import ClaimedFeed, NextPoll, PollResult

# A next poll that was set while the response was on its way stays: a feed that was requested again
# is still due, because this response may be to a conditional request. A feed without a next poll
# gets one if its podcast is polled, unless it was stopped meanwhile: this statement may see the
# state of before, but it sees the reason as it is.
_MAY_SCHEDULE = f"""(CASE WHEN c.next_poll_at IS NOT NULL
    THEN c.next_poll_at = n.claimed_next_poll_at
    ELSE c.next_poll_reason NOT IN ('paused', 'removed', 'duplicate') AND EXISTS (
        SELECT FROM podcast p WHERE p.id = c.podcast_id AND {polled_podcast()}) END)"""
_RECORD_RESULTS = f"""
    UPDATE crawl c SET claim_token = NULL, claim_expires_at = NULL, polled_at = :now,
        next_poll_at = CASE WHEN {_MAY_SCHEDULE} THEN n.next_poll_at ELSE c.next_poll_at END,
        next_poll_reason = CASE WHEN {_MAY_SCHEDULE} THEN n.next_poll_reason
                           ELSE c.next_poll_reason END,
        skip_validators = c.skip_validators AND NOT (n.succeeded
            AND coalesce(c.next_poll_at = n.claimed_next_poll_at, c.next_poll_at IS NULL)),
        etag = CASE WHEN n.succeeded THEN n.etag ELSE c.etag END,
        last_modified = CASE WHEN n.succeeded THEN n.last_modified ELSE c.last_modified END,
        validators_origin = CASE WHEN n.succeeded THEN n.validators_origin
                            ELSE c.validators_origin END,
        body_hash = coalesce(n.body_hash, c.body_hash),
        rhythm = coalesce(n.publish_pattern, c.rhythm),
        last_ok_at = CASE WHEN n.succeeded THEN :now ELSE c.last_ok_at END,
        last_status = coalesce(n.status, c.last_status),
        error_count = CASE WHEN n.succeeded THEN 0 ELSE c.error_count + n.errors END,
        failing_since = CASE WHEN n.succeeded THEN NULL ELSE coalesce(c.failing_since, :now) END,
        last_error_reason = CASE WHEN n.succeeded THEN NULL ELSE n.reason END,
        last_error = CASE WHEN n.succeeded THEN NULL ELSE n.message END,
        streak_polls = CASE WHEN n.starts_streak THEN 1 ELSE c.streak_polls + 1 END,
        streak_since = CASE WHEN n.starts_streak THEN :now ELSE c.streak_since END,
        streak_outcome = n.outcome, streak_reason = NULLIF(n.reason, ''), streak_status = n.status,
        streak_new = n.new, streak_changed = n.changed, streak_took_ms = n.took_ms
    FROM json_to_recordset(CAST(:rows AS json)) AS n (
        podcast_id bigint, succeeded boolean, errors int, claimed_next_poll_at timestamptz,
        next_poll_at timestamptz, next_poll_reason text, etag text, last_modified text,
        validators_origin text, body_hash bytea, publish_pattern jsonb, status int, outcome text,
        reason text, message text, starts_streak boolean, new int, changed int, took_ms int)
    WHERE c.podcast_id = n.podcast_id AND c.claim_token = :claim_token
    RETURNING c.podcast_id, c.host_id, c.next_poll_at
"""  # noqa: S608  our own condition


@dataclass(frozen=True, slots=True)
class _RecordedPoll:
    podcast_id: int
    host_id: int
    next_poll_at: datetime | None


def record_poll_results(
    session: Session, results: Sequence[PollResult], now: datetime, *, poll_log_per_feed: int = 100
) -> set[int]:
    """Record the results of polls under one claim, schedule the next polls, and end the claims.

    Streaks that end go to the poll log, of which each feed keeps ``poll_log_per_feed`` rows.
    Returns the podcasts that were recorded: the others are claimed by another process now.
    """
    if not results:
        return set()
    claim_token = results[0].feed.claim_token
    ended = [result.poll.podcast_id for result in results if _ends_streak(result)]
    end_streaks(session, ended, claim_token, poll_log_per_feed)
    # One JSON text, because it costs Python less than an array for each column.
    rows = as_recordset([_record(result) for result in results])
    params = {"rows": rows, "claim_token": claim_token, "now": now}
    recorded = fetch_all(session, _RECORD_RESULTS, _RecordedPoll, params)
    due = [(row.host_id, row.next_poll_at) for row in recorded if row.next_poll_at]
    mark_hosts_due(session, due)
    for result in results:
        _set_host_not_before(session, result.feed, result.next_poll)
    return {row.podcast_id for row in recorded}


def record_archive_result(
    session: Session, feed: ClaimedFeed, next_poll: NextPoll, now: datetime
) -> bool:
    """Schedule the poll after an archive page and end the claim; False when it was lost."""
    # An archive page changes only when the next poll is: the statistics are the feed's own.
    unchanged = col(Crawl.next_poll_at) == feed.next_poll_at
    ended = (
        update(Crawl)
        .where(col(Crawl.podcast_id) == feed.podcast_id, col(Crawl.claim_token) == feed.claim_token)
        .values(
            claim_token=None,
            claim_expires_at=None,
            next_poll_at=case((unchanged, next_poll.at), else_=col(Crawl.next_poll_at)),
            next_poll_reason=case((unchanged, next_poll.reason), else_=col(Crawl.next_poll_reason)),
        )
        .returning(*row_columns(_RecordedPoll, Crawl))
    )
    if (recorded := fetch_one(session, ended, _RecordedPoll)) is None:
        return False
    mark_hosts_due(session, [(recorded.host_id, recorded.next_poll_at or now)])
    _set_host_not_before(session, feed, next_poll)
    return True


def _set_host_not_before(session: Session, feed: ClaimedFeed, next_poll: NextPoll) -> None:
    if at := next_poll.host_not_before:
        later = func.greatest(func.coalesce(col(Host.next_allowed_at), at), at)
        of_host = update(Host).where(col(Host.id) == feed.host_id)
        execute(session, of_host.values(next_allowed_at=later))


def _ends_streak(result: PollResult) -> bool:
    has_streak = result.feed.streak_outcome is not None
    return has_streak and not result.feed.continues_streak(result.poll)


def _record(result: PollResult) -> Mapping[str, object]:
    feed, poll, next_poll = result.feed, result.poll, result.next_poll
    return {
        "podcast_id": poll.podcast_id,
        "succeeded": poll.succeeded,
        "errors": int(poll.reason != "not_attempted"),  # which is no fault of the feed
        "claimed_next_poll_at": _timestamp(feed.next_poll_at),
        "next_poll_at": _timestamp(next_poll.at),
        "next_poll_reason": next_poll.reason,
        "etag": poll.etag,
        "last_modified": poll.last_modified,
        "validators_origin": poll.validators_origin,
        "body_hash": None if poll.body_hash is None else f"\\x{poll.body_hash.hex()}",
        "publish_pattern": result.publish_pattern,
        "status": poll.status,
        "outcome": poll.outcome,
        "reason": poll.reason,
        "message": poll.message,
        "starts_streak": not feed.continues_streak(poll),
        "new": poll.new,
        "changed": poll.changed,
        "took_ms": poll.took_ms,
    }


def _timestamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
