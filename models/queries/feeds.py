"""How feeds fare: last looks, errors, the next look and why then, history, and freshness."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

# Freshness is of the episodes that were first seen in so many days.
FRESHNESS_DAYS = 30

# What was published before we followed the podcast tells nothing of how fast we are, nor does what
# is dated after we saw it. Counted is when the first transcript had been read; a re-ingest is not.
_DELAYS = """
    SELECT extract(epoch FROM e.first_seen_at - e.published_at)::float8 AS seen,
           extract(epoch FROM j.finished_at - e.published_at)::float8 AS counted
    FROM episode e JOIN podcast f ON f.id = e.podcast_id
    LEFT JOIN LATERAL (
        SELECT finished_at FROM job
        WHERE kind = 'parse' AND subject = e.id AND outcome IN ('ran', 'degraded')
            AND request_id IS NULL
        ORDER BY id LIMIT 1
    ) j ON true
    WHERE e.first_seen_at >= :since AND e.published_at BETWEEN f.added_at AND e.first_seen_at
        AND e.duplicate_of IS NULL
"""
_FRESHNESS = """
    count(*) AS fresh_episodes,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seen) AS seen_p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY seen) AS seen_p95_seconds,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY counted) AS counted_p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY counted) AS counted_p95_seconds
"""
_OVERALL = text(f"SELECT {_FRESHNESS} FROM ({_DELAYS}) d")  # noqa: S608  constants
_FEEDS = f"""
    SELECT p.id, p.feed_url, p.title, p.state, h.name AS host, c.polled_at AS last_look_at,
           c.last_ok_at, c.last_status, c.error_count AS errors, c.failing_since,
           c.last_error_reason AS reason, c.last_error AS message,
           greatest(c.next_poll_at,
                    CASE WHEN c.next_poll_at IS NOT NULL THEN h.next_allowed_at END)
               AS next_look_at,
           CASE WHEN h.next_allowed_at > c.next_poll_at AND h.next_allowed_at > :now
                THEN 'host_rate_limited' ELSE c.next_poll_reason END AS next_look_why,
           c.notified_at, c.notified_by, s.state AS push, f.*
    FROM podcast p JOIN crawl c ON c.podcast_id = p.id JOIN host h ON h.id = c.host_id
    LEFT JOIN LATERAL (
        SELECT state FROM subscription WHERE podcast_id = p.id AND state <> 'ended'
        ORDER BY id DESC LIMIT 1
    ) s ON true
    CROSS JOIN LATERAL (
        SELECT {_FRESHNESS} FROM ({_DELAYS} AND e.podcast_id = p.id) d
    ) f
    WHERE {{chosen}} ORDER BY p.id
"""  # noqa: S608  constants
_FOLLOWED = "p.state NOT IN ('removed', 'duplicate', 'refused')"
_FAILING = f"{_FOLLOWED} AND c.error_count > 0"
_HISTORY = text("""
    SELECT outcome, reason, status, message, polls, first_at, last_at, new, changed, took_ms
    FROM (
        SELECT streak_outcome AS outcome, streak_reason AS reason, streak_status AS status,
               CASE WHEN streak_reason IS NOT NULL THEN last_error END AS message,
               streak_polls AS polls, streak_since AS first_at, polled_at AS last_at, streak_new AS new,
               streak_changed AS changed, streak_took_ms AS took_ms, NULL AS id
        FROM crawl WHERE podcast_id = :podcast_id AND streak_polls > 0
        UNION ALL
        SELECT outcome, reason, status, message, polls, first_at, last_at, new, changed, took_ms,
               id
        FROM poll_log WHERE podcast_id = :podcast_id
    ) l ORDER BY last_at DESC, id DESC NULLS FIRST
    LIMIT :limit
""")
_SUBSCRIPTIONS = text("""
    SELECT hub, topic, state, NULLIF(asking, '') AS asking, verified_at, lease_expires_at, confirmed_at,
           last_push_at, pushes, refused, error_count AS errors, reason, message,
           due_at AS next_at
    FROM subscription WHERE podcast_id = :podcast_id ORDER BY id DESC
""")
_BY_STATE = text("""
    SELECT state, count(*) AS subscriptions,
           count(*) FILTER (WHERE state = 'active' AND confirmed_at IS NOT NULL
                            AND lease_expires_at > :now) AS proved,
           count(*) FILTER (WHERE error_count > 0) AS failing
    FROM subscription WHERE state <> 'ended' GROUP BY 1 ORDER BY 1
""")


def feeds(
    session: Session, now: datetime, *, failing: bool = False, limit: int = 0
) -> list[dict[str, Any]]:
    """Every feed that is followed, or those whose last look failed, by id; 0 is all."""
    query = _FEEDS.format(chosen=_FAILING if failing else _FOLLOWED)
    asked: dict[str, Any] = {"now": now, "since": _since(now)}
    if limit:
        query, asked = query + " LIMIT :limit", asked | {"limit": limit}
    rows = session.connection().execute(text(query), asked).mappings()
    return [_rounded(dict(row)) for row in rows]


def feed(session: Session, now: datetime, podcast_id: int) -> dict[str, Any]:
    """One feed, as in ``feeds``, with its subscriptions."""
    query = text(_FEEDS.format(chosen="p.id = :podcast_id"))
    asked = {"now": now, "since": _since(now), "podcast_id": podcast_id}
    found = session.connection().execute(query, asked).mappings().one()
    subscriptions = session.connection().execute(_SUBSCRIPTIONS, {"podcast_id": podcast_id})
    return _rounded(dict(found)) | {
        "subscriptions": [dict(row) for row in subscriptions.mappings()]
    }


def history(session: Session, podcast_id: int, *, limit: int = 0) -> list[dict[str, Any]]:
    """The looks at a feed in runs that came to the same, the latest run first; 0 is all kept."""
    asked = {"podcast_id": podcast_id, "limit": limit or None}
    rows = session.connection().execute(_HISTORY, asked).mappings()
    return [dict(row) for row in rows]


def freshness(session: Session, now: datetime) -> dict[str, Any]:
    """From publication to seen and to counted, over all feeds: p50 and p95 in seconds."""
    found = session.connection().execute(_OVERALL, {"since": _since(now)}).mappings().one()
    return _rounded(dict(found))


def subscriptions(session: Session, now: datetime) -> list[dict[str, Any]]:
    """How many subscriptions stand how, those that ended left out; ``proved`` ones spare looks."""
    rows = session.connection().execute(_BY_STATE, {"now": now}).mappings()
    return [dict(row) for row in rows]


def _since(now: datetime) -> datetime:
    return now - timedelta(days=FRESHNESS_DAYS)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Percentiles to the tenth of a second; nobody knows them better."""
    return {
        name: round(value, 1) if name.endswith("_seconds") and value is not None else value
        for name, value in row.items()
    }
