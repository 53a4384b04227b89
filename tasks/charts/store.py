"""Top lists in the database: which are due, their positions, and how they moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from models.database.sql import as_recordset, execute, fetch_all, fetch_values
from models.queries.visibility import listed_podcast
from tasks.charts.top_list import TopPodcast

_DUE = """
    INSERT INTO store_chart AS c (chart, next_poll_at)
    SELECT chart, CAST(:next AS timestamptz) FROM unnest(CAST(:charts AS text[])) AS n (chart)
    ON CONFLICT (chart) DO UPDATE SET next_poll_at = excluded.next_poll_at
        WHERE c.next_poll_at <= :now
    RETURNING c.chart, c.etag, c.last_modified
"""
_STORE = """
    INSERT INTO store_position (chart, day, rank, apple_id, title, author)
    SELECT :chart, :day, rank, apple_id, title, author
    FROM json_to_recordset(CAST(:rows AS json))
        AS n (rank integer, apple_id text, title text, author text)
"""
_REPEAT = """
    INSERT INTO store_position (chart, day, rank, apple_id, title, author)
    SELECT chart, :day, rank, apple_id, title, author FROM store_position
    WHERE chart = :chart AND day = (
        SELECT max(day) FROM store_position WHERE chart = :chart AND day <= :day
    ) ON CONFLICT DO NOTHING
"""
_OK = """
    UPDATE store_chart SET last_ok_at = :now, reason = NULL, message = NULL,
        etag = :etag, last_modified = :last_modified WHERE chart = :chart
"""
_FAILED = "UPDATE store_chart SET reason = :reason, message = :message WHERE chart = :chart"
_LATEST = f"""
    WITH days AS (
        SELECT DISTINCT day FROM store_position WHERE chart = :chart ORDER BY day DESC LIMIT :days
    ), today AS (
        SELECT max(day) AS day FROM days
    ), yesterday AS (
        SELECT max(day) AS day FROM days WHERE day < (SELECT day FROM today)
    )
    SELECT s.rank, s.apple_id, s.title, s.author, s.day, b.rank AS rank_before,
           (SELECT day FROM yesterday) IS NOT NULL AS has_before,
           ARRAY(SELECT x.rank FROM days d LEFT JOIN LATERAL (
                     SELECT min(rank) AS rank FROM store_position h
                     WHERE h.chart = s.chart AND h.apple_id = s.apple_id AND h.day = d.day
                 ) x ON true ORDER BY d.day) AS ranks,
           f.id AS podcast_id
    FROM store_position s JOIN today t ON t.day = s.day
    LEFT JOIN store_position b ON b.chart = s.chart AND b.apple_id = s.apple_id
        AND b.day = (SELECT day FROM yesterday)
    LEFT JOIN LATERAL (
        SELECT min(p.id) AS id FROM podcast p WHERE lower(p.title) = lower(s.title)
            AND lower(p.author) = lower(s.author) AND {listed_podcast()}
    ) f ON true
    WHERE s.chart = :chart ORDER BY s.rank
"""  # noqa: S608  constants of ours
_KNOWN = "SELECT DISTINCT chart FROM store_position ORDER BY chart"


@dataclass(frozen=True, slots=True)
class DueChart:
    """A chart that was claimed for a poll, with the validators of its last response."""

    chart: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class StoreRow:
    """A position with the one of the day before and those of the last days (None: not listed).

    ``podcast_id`` is the followed podcast of the same title and author.
    """

    rank: int
    apple_id: str
    title: str
    author: str
    day: date
    rank_before: int | None
    has_before: bool
    ranks: list[int | None]
    podcast_id: int | None


def claim_due_charts(
    session: Session, charts: Sequence[str], now: datetime, interval: timedelta
) -> list[DueChart]:
    """Claim the charts that are due: their next poll is an interval later, whatever happens."""
    params = {"charts": list(charts), "now": now, "next": now + interval}
    return fetch_all(session, _DUE, DueChart, params)


def store_top_list(session: Session, chart: str, day: date, podcasts: Sequence[TopPodcast]) -> None:
    """Store the positions of a day, in place of what an earlier poll of the day found."""
    execute(session, "DELETE FROM store_position WHERE chart = :chart AND day = :day",
            {"chart": chart, "day": day})  # fmt: skip
    ranked = [
        {"rank": rank, "apple_id": each.apple_id, "title": each.title, "author": each.author}
        for rank, each in enumerate(podcasts, 1)
    ]
    execute(session, _STORE, {"chart": chart, "day": day, "rows": as_recordset(ranked)})


def repeat_top_list(session: Session, chart: str, day: date) -> None:
    """Store the positions of the last list for a day on which it has not changed."""
    execute(session, _REPEAT, {"chart": chart, "day": day})


def record_success(
    session: Session, chart: str, now: datetime, etag: str | None, last_modified: str | None
) -> None:
    """Record a poll that succeeded, with the validators of the response."""
    params = {"chart": chart, "now": now, "etag": etag, "last_modified": last_modified}
    execute(session, _OK, params)


def record_failure(session: Session, chart: str, reason: str, message: str) -> None:
    """Record why a poll failed; the positions stay."""
    execute(session, _FAILED, {"chart": chart, "reason": reason, "message": message})


def latest_positions(session: Session, chart: str, days: int = 30) -> list[StoreRow]:
    """The newest positions of a chart, with how they moved."""
    return fetch_all(session, _LATEST, StoreRow, {"chart": chart, "days": days})


def known_charts(session: Session) -> list[str]:
    """The charts that have positions."""
    return fetch_values(session, _KNOWN)
