"""Checks of the database: version, schema, settings, connections and clock."""

import time
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError

from models.database import (
    DatabaseMissing,
    Session,
    database_time,
    engine,
    in_transaction,
    summarize_error,
)
from models.database.migrate import NEWEST_REVISION, is_outdated, present_revision
from models.database.prepared_statements import is_pooled_engine
from models.database.version import OLDEST_VERSION
from models.queries.health import ServerHealth, server
from workers.doctor.values import Finding, note, ok, or_ok, problem
from workers.doctor.versions import check_version

FULL = 0.8  # of max_connections
IDLE_SECONDS = 300
CLOCK_SECONDS = 2.0
WHERE = "PostgreSQL"


def check_database() -> Iterator[Finding]:
    """Check the configured database without changing it."""
    try:
        status = in_transaction(server)
        with engine().connect() as connection:
            revision = present_revision(connection)
        skew = in_transaction(_clock_skew)
    except (DBAPIError, DatabaseMissing) as error:
        yield problem(
            "database",
            WHERE,
            f"it cannot be reached: {summarize_error(error)}",
            "check that it runs, and that OVERHEARD_DATABASE_URL is right",
        )
        return
    version = f"{status.version // 10_000}.{status.version % 10_000}"
    yield from or_ok("database", WHERE, f"responds, version {version}", _server(status))
    yield from or_ok(
        "database-version",
        WHERE,
        "no newer release is known",
        check_version("database-version", WHERE, "PostgreSQL", version),
    )
    if is_behind_pooler():
        message = "it is reached through a pooler, so statements are not prepared"
        yield ok("pooler", WHERE, message)
    yield _schema(revision)
    yield from or_ok("database-settings", WHERE, "commits are durable", _settings(status))
    used = f"{status.connections} of {status.max_connections} in use"
    yield from or_ok("connections", WHERE, used, _connections(status))
    yield from or_ok("clock", WHERE, "agrees with this machine", _clock(skew))


def is_behind_pooler() -> bool:
    """Whether something such as PgBouncer is between us and the server."""
    with engine().connect() as connection:
        return is_pooled_engine(connection)


def schema_is_new() -> bool:
    """Whether the schema is new enough for the checks that read its tables."""
    try:
        with engine().connect() as connection:
            return not is_outdated(present_revision(connection))
    except (DBAPIError, DatabaseMissing):
        return False


def _clock_skew(session: Session) -> float:
    """Seconds that this machine's clock is ahead of the database's."""
    before = time.time()
    at = database_time(session).timestamp()
    return (before + time.time()) / 2 - at


def _clock(skew: float) -> Iterator[Finding]:
    if abs(skew) > CLOCK_SECONDS:
        yield problem(
            "clock",
            WHERE,
            f"this machine's clock differs by {skew:+.1f} s from the database's",
            "run a time service (chrony, systemd-timesyncd) on both",
        )


def _server(status: ServerHealth) -> Iterator[Finding]:
    if status.version < OLDEST_VERSION:
        yield problem(
            "database",
            WHERE,
            f"version {status.version // 10_000} is too old",
            f"use PostgreSQL {OLDEST_VERSION // 10_000} or later",
        )
    if status.encoding != "UTF8":
        yield problem(
            "database",
            WHERE,
            f"its encoding is {status.encoding}, which cannot store every name",
            "create a database with ENCODING 'UTF8' and restore into it",
        )
    if status.read_only == "on":
        yield problem(
            "database",
            WHERE,
            "it is read-only: a replica, or configured so",
            "give workers the primary's URL, or "
            "ALTER DATABASE … SET default_transaction_read_only = off",
        )


def _schema(revision: str | None) -> Finding:
    if is_outdated(revision):
        return problem(
            "schema",
            WHERE,
            f"it is at revision {revision or 'none'}, but this version needs {NEWEST_REVISION}",
            "overheard migrate",
        )
    if revision != NEWEST_REVISION:
        return note(
            "schema",
            WHERE,
            f"it is at revision {revision}, newer than this version's {NEWEST_REVISION}",
            "upgrade Overheard on this machine, too",
        )
    return ok("schema", WHERE, f"at revision {revision}")


def _settings(status: ServerHealth) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes"):
        if getattr(status, name) == "off":
            yield problem(
                "database-settings",
                WHERE,
                f"{name} is off: a crash can destroy the database",
                f"ALTER SYSTEM SET {name} = on, and reload",
            )
    if status.autovacuum == "off":
        yield problem(
            "database-settings",
            WHERE,
            "autovacuum is off: tables grow and slow down without limit",
            "ALTER SYSTEM SET autovacuum = on, and reload",
        )


def _connections(status: ServerHealth) -> Iterator[Finding]:
    used, limit = status.connections, status.max_connections
    if used > FULL * limit:
        yield problem(
            "connections",
            WHERE,
            f"{used} of {limit} are in use",
            "raise max_connections, or use PgBouncer; see docs/scale.md",
        )
    if status.idle_seconds > IDLE_SECONDS:
        yield problem(
            "connections",
            WHERE,
            f"a transaction has been open and idle for {status.idle_seconds:.0f} s: it blocks "
            "other transactions, and vacuum",
            "find it in pg_stat_activity; SELECT pg_terminate_backend(pid)",
        )
