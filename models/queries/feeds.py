"""Feeds: last polls, errors, the next poll and its reason, the poll log, and freshness."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_all, fetch_only
from models.queries.visibility import VISIBLE, failing_feed, reason_of_failure
from models.tables.poll_log import Subscription, SubscriptionState

# Freshness is measured on episodes that were first seen in the last so many days.
FRESHNESS_DAYS = 30

# Episodes published before the podcast was added do not show how fast polling is, nor do those
# dated after they were seen. An episode is counted when its first transcript was read; re-ingests
# do not change that.
_DELAYS = f"""
    SELECT extract(epoch FROM e.first_seen_at - e.published_at)::float8 AS seen,
           extract(epoch FROM j.finished_at - e.published_at)::float8 AS counted
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN LATERAL (
        SELECT finished_at FROM job
        WHERE kind = 'parse' AND subject = e.id AND outcome IN ('ran', 'degraded')
            AND request_id IS NULL
        ORDER BY id LIMIT 1
    ) j ON true
    WHERE e.first_seen_at >= :since AND e.published_at BETWEEN p.added_at AND e.first_seen_at
        AND {VISIBLE}
"""  # noqa: S608  constants of ours


def _percentile(share: float, column: str) -> str:
    """SQL for a percentile in tenths of seconds, which is all that the data can tell."""
    percentile = f"percentile_cont({share}) WITHIN GROUP (ORDER BY {column})"
    return f"round({percentile}::numeric, 1)::float8"


_FRESHNESS = f"""
    count(*) AS fresh_episodes,
    {_percentile(0.5, "seen")} AS seen_p50_seconds,
    {_percentile(0.95, "seen")} AS seen_p95_seconds,
    {_percentile(0.5, "counted")} AS counted_p50_seconds,
    {_percentile(0.95, "counted")} AS counted_p95_seconds
"""
_OVERALL = f"SELECT {_FRESHNESS} FROM ({_DELAYS}) d"  # noqa: S608  constants of ours
_FEEDS = f"""
    SELECT q.id, q.feed_url, q.title, q.state, h.name AS host, c.polled_at AS last_poll_at,
           c.last_ok_at, c.last_status, c.error_count AS errors, c.failing_since,
           c.last_error_reason AS reason, c.last_error AS message,
           greatest(c.next_poll_at,
                    CASE WHEN c.next_poll_at IS NOT NULL THEN h.next_allowed_at END)
               AS next_poll_at,
           CASE WHEN h.next_allowed_at > c.next_poll_at AND h.next_allowed_at > :now
                THEN 'host_rate_limited' ELSE c.next_poll_reason END AS next_poll_reason,
           c.notified_at, c.notified_by, s.state AS push, f.*
    FROM podcast q JOIN crawl c ON c.podcast_id = q.id JOIN host h ON h.id = c.host_id
    LEFT JOIN LATERAL (
        SELECT state FROM subscription WHERE podcast_id = q.id AND state <> 'ended'
        ORDER BY id DESC LIMIT 1
    ) s ON true
    CROSS JOIN LATERAL (
        SELECT {_FRESHNESS} FROM ({_DELAYS} AND e.podcast_id = q.id) d
    ) f
    WHERE {{chosen}} ORDER BY q.id LIMIT :limit
"""  # noqa: S608  constants of ours
_FOLLOWED = "q.state NOT IN ('removed', 'duplicate', 'refused')"
_FAILING = failing_feed("q")
_FAILING_SO = f"{_FAILING} AND {reason_of_failure()} = :reason"
_HISTORY = """
    SELECT outcome, reason, status, message, polls, first_at, last_at, new, changed, took_ms
    FROM (
        SELECT streak_outcome AS outcome, streak_reason AS reason, streak_status AS status,
               CASE WHEN streak_reason IS NOT NULL THEN last_error END AS message,
               streak_polls AS polls, streak_since AS first_at, polled_at AS last_at,
               streak_new AS new, streak_changed AS changed, streak_took_ms AS took_ms, NULL AS id
        FROM crawl WHERE podcast_id = :podcast_id AND streak_polls > 0
        UNION ALL
        SELECT outcome, reason, status, message, polls, first_at, last_at, new, changed, took_ms,
               id
        FROM poll_log WHERE podcast_id = :podcast_id
    ) l ORDER BY last_at DESC, id DESC NULLS FIRST
    LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Seconds from publication until an episode was seen and counted: median and 95th percentile.

    None without an episode.
    """

    fresh_episodes: int
    seen_p50_seconds: float | None
    seen_p95_seconds: float | None
    counted_p50_seconds: float | None
    counted_p95_seconds: float | None


@dataclass(frozen=True, slots=True)
class FeedRow(Freshness):
    """A feed: its last poll, its errors, and when and why it is polled next."""

    id: int
    feed_url: str
    title: str
    state: str
    host: str
    last_poll_at: datetime | None
    last_ok_at: datetime | None
    last_status: int | None
    errors: int
    failing_since: datetime | None
    reason: str | None
    message: str | None
    next_poll_at: datetime | None
    next_poll_reason: str
    notified_at: datetime | None
    notified_by: str | None
    push: str | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A WebSub subscription of a feed."""

    podcast_id: int
    hub: str
    topic: str
    state: str
    pending_mode: str | None
    verified_at: datetime | None
    lease_expires_at: datetime | None
    confirmed_at: datetime | None
    last_push_at: datetime | None
    pushes: int
    refused: int
    errors: int
    reason: str | None
    message: str | None
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class PollRow:
    """A streak of polls with the same outcome; ``took_ms`` of all together."""

    outcome: str
    reason: str | None
    status: int | None
    message: str | None
    polls: int
    first_at: datetime
    last_at: datetime
    new: int
    changed: int
    took_ms: int


@dataclass(frozen=True, slots=True)
class SubscriptionCount:
    """Subscriptions in one state; ``confirmed`` ones replace most polls."""

    state: str
    subscriptions: int
    confirmed: int
    failing: int


def feeds(
    session: Session, now: datetime, *, failing: bool = False, reason: str = "", limit: int = 0
) -> list[FeedRow]:
    """Followed feeds by id, or only those that are polled and failing; 0 is all.

    With a ``reason`` code, those that fail for it.
    """
    chosen = _FAILING_SO if reason else _FAILING if failing else _FOLLOWED
    params = {"now": now, "since": _since(now), "limit": limit or None, "reason": reason}
    return fetch_all(session, _FEEDS.format(chosen=chosen), FeedRow, params)


def feed(session: Session, now: datetime, podcast_id: int) -> FeedRow:
    """One feed, as in ``feeds``."""
    query = _FEEDS.format(chosen="q.id = :podcast_id")
    params = {"now": now, "since": _since(now), "podcast_id": podcast_id, "limit": 1}
    return fetch_only(session, query, FeedRow, params)


def subscriptions_of_feed(session: Session, podcast_id: int) -> list[SubscriptionRow]:
    """A feed's WebSub subscriptions, newest first."""
    columns = row_columns(
        SubscriptionRow,
        Subscription,
        pending_mode=func.nullif(col(Subscription.asking), ""),
        errors=Subscription.error_count,
        next_at=Subscription.due_at,
    )
    query = (
        select(*columns)
        .where(col(Subscription.podcast_id) == podcast_id)
        .order_by(col(Subscription.id).desc())
    )
    return fetch_all(session, query, SubscriptionRow)


def history(session: Session, podcast_id: int, *, limit: int = 0) -> list[PollRow]:
    """The poll log of a feed, equal polls together, latest first; 0 is all that is stored."""
    return fetch_all(session, _HISTORY, PollRow, {"podcast_id": podcast_id, "limit": limit or None})


def freshness(session: Session, now: datetime) -> Freshness:
    """Freshness over all feeds."""
    return fetch_only(session, _OVERALL, Freshness, {"since": _since(now)})


def subscriptions(session: Session, now: datetime) -> list[SubscriptionCount]:
    """The number of WebSub subscriptions in each state; ended ones are left out."""
    confirmed = and_(
        col(Subscription.state) == SubscriptionState.active,
        col(Subscription.confirmed_at).is_not(None),
        col(Subscription.lease_expires_at) > now,
    )
    columns = row_columns(
        SubscriptionCount,
        Subscription,
        subscriptions=func.count(),
        confirmed=func.count().filter(confirmed),
        failing=func.count().filter(col(Subscription.error_count) > 0),
    )
    query = (
        select(*columns)
        .where(col(Subscription.state) != SubscriptionState.ended)
        .group_by(col(Subscription.state))
        .order_by(col(Subscription.state))
    )
    return fetch_all(session, query, SubscriptionCount)


def _since(now: datetime) -> datetime:
    return now - timedelta(days=FRESHNESS_DAYS)
