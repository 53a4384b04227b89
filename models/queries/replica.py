"""How far the replica is behind the database."""

from dataclasses import dataclass

from models.database import in_transaction, read_transaction
from models.database.sql import fetch_value
from models.queries.shown import fetch_only

# Of a replica that has replayed everything, the time of the last transaction says nothing.
_HEALTH = """
    SELECT pg_is_in_recovery() AS is_replica,
           CASE WHEN NOT pg_is_in_recovery()
                     OR pg_last_wal_replay_lsn() >= CAST(:written AS pg_lsn) THEN 0
                ELSE greatest(0, extract(epoch FROM clock_timestamp() - coalesce(
                    pg_last_xact_replay_timestamp(), pg_postmaster_start_time())))::float
           END AS lag_seconds
"""


@dataclass(frozen=True, slots=True)
class ReplicaHealth:
    """Whether it is a replica at all, and the age of what it shows; 0 when it has everything."""

    is_replica: bool
    lag_seconds: float


def replica_health() -> ReplicaHealth:
    """Compare the replica with what the database had written before; needs both."""
    written = in_transaction(fetch_value, "SELECT pg_current_wal_lsn()::text")
    with read_transaction() as session:
        return fetch_only(session, _HEALTH, ReplicaHealth, {"written": written})
