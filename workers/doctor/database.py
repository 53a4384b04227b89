"""What can be wrong with the database: its age, schema, settings, connections and clock."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.database import DatabaseMissing, database_time, engine, in_transaction, summarize_error
from models.database.migrate import NEWEST_REVISION, is_outdated, present_revision
from models.queries.health import server
from workers.doctor.values import Finding, note, or_well, well, wrong

OLDEST_VERSION = 160_000
FULL = 0.8  # of max_connections
IDLE_SECONDS = 300
CLOCK_SECONDS = 2.0
WHERE = "PostgreSQL"


def check_database() -> Iterator[Finding]:
    """Look at the configured database; nothing in it is changed."""
    try:
        said = asdict(in_transaction(server))
        with engine().connect() as connection:
            revision = present_revision(connection)
        apart = in_transaction(_clock_difference)
    except (DBAPIError, DatabaseMissing) as error:
        yield wrong("database", WHERE, f"it cannot be asked: {summarize_error(error)}",
                    "is it running, and is OVERHEARD_DATABASE_URL right?")  # fmt: skip
        return
    yield from or_well(
        "database", WHERE, f"answers, version {said['version'] // 10_000}", _server(said)
    )
    yield _schema(revision)
    yield from or_well("database-settings", WHERE, "what is committed stays", _settings(said))
    yield from or_well("connections", WHERE, f"{said['connections']} of {said['max_connections']}",
                       _connections(said))  # fmt: skip
    if abs(apart) > CLOCK_SECONDS:
        yield wrong("clock", WHERE, f"this machine's clock is {apart:+.1f} s from the database's",
                    "let a time service (chrony, systemd-timesyncd) run on both")  # fmt: skip
    else:
        yield well("clock", WHERE, "agrees with this process")


def schema_is_new() -> bool:
    """Whether the tables that the other checks ask are there."""
    try:
        with engine().connect() as connection:
            return not is_outdated(present_revision(connection))
    except (DBAPIError, DatabaseMissing):
        return False


def _clock_difference(session: Session) -> float:
    before = time.time()
    at = database_time(session).timestamp()
    return (before + time.time()) / 2 - at


def _server(said: Mapping[str, Any]) -> Iterator[Finding]:
    if said["version"] < OLDEST_VERSION:
        yield wrong("database", WHERE, f"version {said['version'] // 10_000} is too old",
                    "use PostgreSQL 16 or later")  # fmt: skip
    if said["encoding"] != "UTF8":
        yield wrong("database", WHERE, f"it stores {said['encoding']}, which has not every name",
                    "make a database with ENCODING 'UTF8' and restore into it")  # fmt: skip
    if said["read_only"] == "on":
        yield wrong("database", WHERE, "it lets nobody write: a replica, or set so",
                    "give workers the primary's address; ALTER DATABASE … SET "
                    "default_transaction_read_only = off")  # fmt: skip


def _schema(revision: str | None) -> Finding:
    if is_outdated(revision):
        return wrong("schema", WHERE, f"it is at {revision or 'nothing'}, and this version needs "
                     f"{NEWEST_REVISION}", "overheard migrate")  # fmt: skip
    if revision != NEWEST_REVISION:
        return note("schema", WHERE, f"it is at {revision}, newer than this version's "
                    f"{NEWEST_REVISION}", "let this machine have the new version too")  # fmt: skip
    return well("schema", WHERE, f"at {revision}")


def _settings(said: Mapping[str, Any]) -> Iterator[Finding]:
    for name in ("fsync", "full_page_writes"):
        if said[name] == "off":
            yield wrong("database-settings", WHERE, f"{name} is off: a crash can ruin it",
                        f"ALTER SYSTEM SET {name} = on, and reload")  # fmt: skip
    if said["autovacuum"] == "off":
        yield wrong("database-settings", WHERE, "autovacuum is off: it grows and slows without end",
                    "ALTER SYSTEM SET autovacuum = on, and reload")  # fmt: skip


def _connections(said: Mapping[str, Any]) -> Iterator[Finding]:
    used, most = said["connections"], said["max_connections"]
    if used > FULL * most:
        yield wrong("connections", WHERE, f"{used} of {most} are in use", "raise max_connections, "
                    "or put PgBouncer between; see docs/scale.md")  # fmt: skip
    if said["idle_seconds"] > IDLE_SECONDS:
        yield wrong("connections", WHERE, f"a transaction is open and idle for "
                    f"{said['idle_seconds']:.0f} s: it holds its locks, and vacuum back",
                    "find it in pg_stat_activity; SELECT pg_terminate_backend(pid)")  # fmt: skip
