"""Metered use: one statement records answered requests; sums and exports are made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.database.sql import as_recordset, fetch_all, fetch_value
from models.database.transactions import set_async_commit
from tasks.plans.quotas import month_of
from tasks.plans.store.holders import HOLDERS

# The counter and its log change in one statement, so they agree in every committed state.
_RECORD = """
    WITH answered AS (
        SELECT holder, month, key_prefix, operation, at
        FROM json_to_recordset(CAST(:rows AS json))
            AS n (holder text, month date, key_prefix text, operation text, at timestamptz)
    ), logged AS (
        INSERT INTO usage_log (holder, month, key_prefix, operation, at) SELECT * FROM answered
    )
    INSERT INTO usage_counter AS c (holder, month, requests)
    SELECT holder, month, count(*) FROM answered GROUP BY holder, month ORDER BY holder, month
    ON CONFLICT (holder, month) DO UPDATE SET requests = c.requests + excluded.requests
    RETURNING holder, month, requests
"""
_USED = "SELECT requests FROM usage_counter WHERE holder = :holder AND month = :month"
# All use: the requests of the log, and the sums of those that were purged from it.
_USE = """
    SELECT holder, month, CAST(at AT TIME ZONE 'UTC' AS date) AS day, 1 AS requests,
           at AS first_at, at AS last_at FROM usage_log
    UNION ALL SELECT holder, month, day, requests, first_at, last_at FROM usage_day
"""
_BY_DAY = f"""
    SELECT day, sum(requests)::bigint AS requests FROM ({_USE}) u
    WHERE holder = :holder AND month >= :since GROUP BY day ORDER BY day
"""  # noqa: S608  constants of ours
_BILLING = f"""
    WITH billed AS (
        SELECT holder, month, requests, 0 AS audio_ms, first_at, last_at FROM ({_USE}) u
        UNION ALL SELECT holder, month, 0, audio_ms, at, at FROM heard_audio
    )
    SELECT u.holder, coalesce(n.name, '') AS name, n.plan, u.month,
           sum(u.requests)::bigint AS requests, sum(u.audio_ms)::bigint AS audio_ms,
           min(u.first_at) AS first_at, max(u.last_at) AS last_at
    FROM billed u LEFT JOIN ({HOLDERS}) n ON n.holder = u.holder
    WHERE u.month = :month GROUP BY u.holder, n.name, n.plan, u.month ORDER BY u.holder
"""  # noqa: S608  constants of ours
_DIFFERENCES = f"""
    SELECT coalesce(c.holder, l.holder) AS holder, coalesce(c.month, l.month) AS month,
           coalesce(c.requests, 0) AS counted, coalesce(l.requests, 0) AS logged
    FROM usage_counter c FULL JOIN (
        SELECT holder, month, sum(requests)::bigint AS requests FROM ({_USE}) u GROUP BY 1, 2
    ) l ON l.holder = c.holder AND l.month = c.month
    WHERE c.requests IS DISTINCT FROM l.requests ORDER BY 1, 2
"""  # noqa: S608  constants of ours
# Rows leave the log and join the sums of their day in one statement: no committed state has less.
_PURGE = """
    WITH purged AS (
        DELETE FROM usage_log WHERE id = ANY(ARRAY(
            SELECT id FROM usage_log WHERE at < :before ORDER BY id LIMIT :most
        )) RETURNING holder, month, CAST(at AT TIME ZONE 'UTC' AS date) AS day, at
    ), summed AS (
        INSERT INTO usage_day AS d (holder, day, month, requests, first_at, last_at)
        SELECT holder, day, month, count(*), min(at), max(at) FROM purged
        GROUP BY holder, day, month ORDER BY holder, day
        ON CONFLICT (holder, day) DO UPDATE SET requests = d.requests + excluded.requests,
            first_at = least(d.first_at, excluded.first_at),
            last_at = greatest(d.last_at, excluded.last_at)
    )
    SELECT count(*) FROM purged
"""


@dataclass(frozen=True, slots=True)
class MeteredRequest:
    """A request that was answered: who is charged, by which key, for what, and when it came."""

    holder: str
    key_prefix: str
    operation: str
    at: datetime

    @property
    def month(self) -> date:
        """The month that it counts for."""
        return month_of(self.at)


@dataclass(frozen=True, slots=True)
class MonthUse:
    """The counter of a holder and month."""

    holder: str
    month: date
    requests: int


@dataclass(frozen=True, slots=True)
class DayUse:
    """Requests of one day."""

    day: date
    requests: int


@dataclass(frozen=True, slots=True)
class BillingRow:
    """The use of a holder in a month, summed from its records: requests, and audio in ms."""

    holder: str
    name: str
    plan: str | None
    month: date
    requests: int
    audio_ms: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class UsageDifference:
    """A counter that is not the number of its rows in the log."""

    holder: str
    month: date
    counted: int
    logged: int


def record_requests(session: Session, requests: Sequence[MeteredRequest]) -> list[MonthUse]:
    """Record requests that were answered; return the counters that this changed.

    The commit does not wait for the disk: a crash of the database may lose the last requests, the
    counter and the log alike.
    """
    set_async_commit(session)
    answered = [
        {
            "holder": each.holder,
            "month": each.month.isoformat(),
            "key_prefix": each.key_prefix,
            "operation": each.operation,
            "at": each.at.isoformat(),
        }
        for each in requests
    ]
    return fetch_all(session, _RECORD, MonthUse, {"rows": as_recordset(answered)})


def used_in(session: Session, holder: str, month: date) -> int:
    """How many requests a holder has used in a month."""
    return int(fetch_value(session, _USED, {"holder": holder, "month": month}) or 0)


def use_by_day(session: Session, holder: str, since: date) -> list[DayUse]:
    """Requests by day (UTC), from the month of ``since`` on."""
    params = {"holder": holder, "since": since.replace(day=1)}
    return fetch_all(session, _BY_DAY, DayUse, params)


def purge_usage_log(session: Session, before: datetime, most: int = 10_000) -> int:
    """Replace old rows of the log by sums for each holder and day; return how many.

    At most ``most`` rows, so that the transaction is short.
    """
    return int(fetch_value(session, _PURGE, {"before": before, "most": most}))


def billing(session: Session, month: date) -> list[BillingRow]:
    """What each holder used in a month."""
    return fetch_all(session, _BILLING, BillingRow, {"month": month})


def usage_differences(session: Session) -> list[UsageDifference]:
    """Counters that are not what the log says; there is none unless rows were edited."""
    return fetch_all(session, _DIFFERENCES, UsageDifference)


def total(rows: Iterable[DayUse]) -> int:
    """All requests of these days."""
    return sum(row.requests for row in rows)
