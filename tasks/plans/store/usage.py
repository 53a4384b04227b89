"""Metered use: one statement for each answered request, and the exports made of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from models.database.sql import fetch_all, fetch_value
from models.database.transactions import set_async_commit

# The counter and its log change in one statement, so they agree in every committed state.
_RECORD = """
    WITH counted AS (
        INSERT INTO usage_counter (holder, month, requests) VALUES (:holder, :month, 1)
        ON CONFLICT (holder, month) DO UPDATE SET requests = usage_counter.requests + 1
        RETURNING requests
    ), logged AS (
        INSERT INTO usage_log (holder, month, key_prefix, operation, at)
        VALUES (:holder, :month, :key_prefix, :operation, :now)
    )
    SELECT requests FROM counted
"""
_USED = "SELECT requests FROM usage_counter WHERE holder = :holder AND month = :month"
_BY_DAY = """
    SELECT CAST(at AT TIME ZONE 'UTC' AS date) AS day, count(*) AS requests FROM usage_log
    WHERE holder = :holder AND month >= :since GROUP BY 1 ORDER BY 1
"""
_NAMES = """
    SELECT 'key:' || id AS holder, name, plan FROM api_key
    UNION ALL SELECT 'account:' || id, name, plan FROM account
"""
_BILLING = f"""
    SELECT l.holder, coalesce(n.name, '') AS name, n.plan, l.month, count(*) AS requests,
           min(l.at) AS first_at, max(l.at) AS last_at
    FROM usage_log l LEFT JOIN ({_NAMES}) n ON n.holder = l.holder
    WHERE l.month = :month GROUP BY l.holder, n.name, n.plan, l.month ORDER BY l.holder
"""  # noqa: S608  constants of ours
_DIFFERENCES = """
    SELECT coalesce(c.holder, l.holder) AS holder, coalesce(c.month, l.month) AS month,
           coalesce(c.requests, 0) AS counted, coalesce(l.requests, 0) AS logged
    FROM usage_counter c FULL JOIN (
        SELECT holder, month, count(*) AS requests FROM usage_log GROUP BY 1, 2
    ) l ON l.holder = c.holder AND l.month = c.month
    WHERE c.requests IS DISTINCT FROM l.requests ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class MeteredRequest:
    """A request that was answered: who is charged, by which key, and for what."""

    holder: str
    key_prefix: str
    operation: str


@dataclass(frozen=True, slots=True)
class DayUse:
    """Requests of one day."""

    day: date
    requests: int


@dataclass(frozen=True, slots=True)
class BillingRow:
    """The use of a holder in a month, summed from the log."""

    holder: str
    name: str
    plan: str | None
    month: date
    requests: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class UsageDifference:
    """A counter that is not the number of its rows in the log."""

    holder: str
    month: date
    counted: int
    logged: int


def record_use(session: Session, request: MeteredRequest, month: date, now: datetime) -> int:
    """Record a request that was answered; return how many there are in the month.

    The commit does not wait for the disk: a crash of the database may lose the last requests, the
    counter and the log alike.
    """
    set_async_commit(session)
    params = {
        "holder": request.holder,
        "month": month,
        "key_prefix": request.key_prefix,
        "operation": request.operation,
        "now": now,
    }
    return int(fetch_value(session, _RECORD, params))


def used_in(session: Session, holder: str, month: date) -> int:
    """How many requests a holder has used in a month."""
    return int(fetch_value(session, _USED, {"holder": holder, "month": month}) or 0)


def use_by_day(session: Session, holder: str, since: date) -> list[DayUse]:
    """Requests by day (UTC), from the month of ``since`` on."""
    params = {"holder": holder, "since": since.replace(day=1)}
    return fetch_all(session, _BY_DAY, DayUse, params)


def billing(session: Session, month: date) -> list[BillingRow]:
    """What each holder used in a month."""
    return fetch_all(session, _BILLING, BillingRow, {"month": month})


def usage_differences(session: Session) -> list[UsageDifference]:
    """Counters that are not what the log says; there is none unless rows were edited."""
    return fetch_all(session, _DIFFERENCES, UsageDifference)


def total(rows: Iterable[DayUse]) -> int:
    """All requests of these days."""
    return sum(row.requests for row in rows)
