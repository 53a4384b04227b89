"""Health of work and database: leases, waiting jobs, overdue feeds, sweeps, server settings."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.queries.shown import fetch_only

_SERVER = """
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('server_encoding') AS encoding,
           current_setting('fsync') AS fsync,
           current_setting('full_page_writes') AS full_page_writes,
           current_setting('autovacuum') AS autovacuum,
           current_setting('transaction_read_only') AS read_only,
           current_setting('max_connections')::int AS max_connections,
           (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
               AS connections,
           (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float
            FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'
                AND datname = current_database()) AS idle_seconds
"""
_WORK = """
    SELECT (SELECT count(*) FROM job WHERE state = 'running' AND lease_expires_at < :now) AS stuck,
           (SELECT extract(epoch FROM :now - min(lease_expires_at))::float FROM job
            WHERE state = 'running') AS stuck_seconds,
           (SELECT count(*) FROM job WHERE state = 'waiting' AND run_after <= :now) AS waiting,
           (SELECT extract(epoch FROM :now - min(greatest(run_after, created_at)))::float
            FROM job WHERE state = 'waiting' AND run_after <= :now) AS waiting_seconds,
           (SELECT count(*) FROM job WHERE state = 'running') AS running,
           (SELECT count(*) FROM job WHERE state = 'dead') AS dead,
           (SELECT count(*) FROM crawl WHERE next_poll_at <= :now) AS feeds_due,
           (SELECT extract(epoch FROM
                :now - min(greatest(c.next_poll_at, h.next_allowed_at)))::float
            FROM crawl c JOIN host h ON h.id = c.host_id
            WHERE c.next_poll_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now)
               AS feed_seconds,
           (SELECT count(*) FROM crawl WHERE claim_token IS NOT NULL
            AND claim_expires_at < :now) AS claims,
           (SELECT extract(epoch FROM :now - max(updated_at))::float FROM metric_bucket
            WHERE name = 'task' AND label = 'overheard.jobs.sweep') AS sweep_seconds
"""


@dataclass(frozen=True, slots=True)
class ServerHealth:
    """PostgreSQL's version, settings and connections; ``idle_seconds`` of the oldest idle one."""

    version: int
    encoding: str
    fsync: str
    full_page_writes: str
    autovacuum: str
    read_only: str
    max_connections: int
    connections: int
    idle_seconds: float


@dataclass(frozen=True, slots=True)
class WorkHealth:
    """Jobs and feeds by what is wrong with them; ages in seconds, None without any.

    ``stuck`` are running jobs past their lease, ``claims`` expired claims of feeds.
    """

    stuck: int
    stuck_seconds: float | None
    waiting: int
    waiting_seconds: float | None
    running: int
    dead: int
    feeds_due: int
    feed_seconds: float | None
    claims: int
    sweep_seconds: float | None


def server(session: Session) -> ServerHealth:
    """The server's version, settings and connections."""
    return fetch_only(session, _SERVER, ServerHealth)


def work(session: Session, now: datetime) -> WorkHealth:
    """Waiting, running, stuck and dead work, and the age of the last sweep."""
    return fetch_only(session, _WORK, WorkHealth, {"now": now})
