"""Check of the replica that serves pages: that it responds, is one, and is not far behind."""

from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from models import get_settings
from models.database import DatabaseMissing, summarize_error
from models.queries.replica import ReplicaHealth, replica_health
from workers.doctor.values import Finding, note, or_ok, problem

BEHIND_SECONDS = 60
_CHECK, _WHERE = "replica", "OVERHEARD_READ_DATABASE_URL"


def check_replica() -> Iterator[Finding]:
    """Check it; nothing where pages read the database itself."""
    if not get_settings().read_database_url:
        return
    try:
        health = replica_health()
    except (DBAPIError, DatabaseMissing) as error:
        yield problem(
            _CHECK,
            _WHERE,
            f"it or the database cannot be reached: {summarize_error(error)}",
            "check that both run; without the setting, pages read the database",
        )
        return
    message = f"{health.lag_seconds:.1f} s behind the database"
    yield from or_ok(_CHECK, _WHERE, message, _findings(health))


def _findings(health: ReplicaHealth) -> Iterator[Finding]:
    if not health.is_replica:
        message = "the server is no replica, so it takes load off no other"
        yield note(_CHECK, _WHERE, message, "check the URL, and whether the replica runs")
    if health.lag_seconds > BEHIND_SECONDS:
        yield problem(
            _CHECK,
            _WHERE,
            f"{health.lag_seconds:.0f} s behind the database: readers see old pages",
            "see the replica's log, and pg_stat_replication on the primary",
        )
