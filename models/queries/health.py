"""Whether the work goes on: leases, waiting rows, overdue feeds, sweeps, the server's state."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_SERVER = text("""
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
""")
# Each an age in seconds, or null when there is nothing of the kind.
_WORK = text("""
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
           (SELECT count(*) FROM crawl WHERE claim_token IS NOT NULL AND claim_expires_at < :now) AS claims,
           (SELECT extract(epoch FROM :now - max(updated_at))::float FROM metric_bucket
            WHERE name = 'task' AND label = 'overheard.jobs.sweep') AS sweep_seconds
""")


def server(session: Session) -> dict[str, Any]:
    """What the server says of itself, its settings and its connections."""
    return dict(session.connection().execute(_SERVER).mappings().one())


def work(session: Session, now: datetime) -> dict[str, Any]:
    """What waits, runs, is stuck or dead, since when; and how long ago a sweep was measured."""
    return dict(session.connection().execute(_WORK, {"now": now}).mappings().one())
