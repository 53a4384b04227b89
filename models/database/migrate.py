"""Migrate a database to the newest schema, once, however many processes start together."""

from pathlib import Path
from typing import Any

from psycopg.errors import DeadlockDetected, InsufficientPrivilege, LockNotAvailable
from sqlalchemy import Connection, Engine, String, column, func, inspect, select, table, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from tenacity import (
    RetryError,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_incrementing,
)

from models.database.encoding import require_utf8
from models.database.prepared_statements import is_pooled_engine
from models.database.version import require_version

# The revision that this version of the code works with; a test compares it with Alembic's head.
NEWEST_REVISION = "0033"

# The key of the advisory lock under which one process migrates; any constant of our own.
MIGRATION_LOCK = 0x0F3E_4EA2D

# How long a statement of a migration waits for a lock before it lets others go first.
LOCK_TIMEOUT_MS = 2000
ATTEMPTS = 8

_VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"


class MigrationBlocked(RuntimeError):
    """A table could not be locked in any of the attempts."""


class MigrationForbidden(RuntimeError):
    """The role of this process does not own the tables."""


def present_revision(connection: Connection) -> str | None:
    """The revision of the database; None if it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    query = select(column("version_num", String)).select_from(table("alembic_version"))
    revision: str | None = connection.execute(query).scalar()
    return revision


def is_outdated(revision: str | None) -> bool:
    """Whether a database at this revision lacks something that this version needs.

    An unknown revision is of a newer version, which keeps what this version needs.
    """
    known = {path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py")}
    return revision is None or (revision != NEWEST_REVISION and revision in known)


def migrate(engine: Engine) -> str | None:
    """Migrate to the newest revision; return the revision before, if any.

    A session-level advisory lock makes other processes wait until the migration is done. An
    up-to-date database takes no lock. Workers of the version before keep running: a statement waits
    for their locks only for a moment, since every other statement would queue behind it; then the
    migration is rolled back and retried.

    Raises:
        MigrationBlocked: another session did not release its lock of a table; nothing was changed.
        MigrationForbidden: this role does not own the tables; nothing was changed.
        DatabaseNotUtf8: nothing was changed.
    """
    with engine.connect() as connection:
        before = present_revision(connection)
        connection.rollback()
        if before == NEWEST_REVISION:
            return before
        require_version(connection)
        require_utf8(connection)
        _require_own_session(connection)
        connection.execute(select(func.pg_advisory_lock(MIGRATION_LOCK)))
        try:
            before = present_revision(connection)
            connection.commit()
            if before != NEWEST_REVISION:
                _upgrade_between_others(connection)
        finally:
            connection.rollback()
            connection.execute(select(func.pg_advisory_unlock(MIGRATION_LOCK)))
            connection.commit()
    return before


def _require_own_session(connection: Connection) -> None:
    """The lock under which one process migrates belongs to a session of the server."""
    if is_pooled_engine(connection):
        raise MigrationBlocked(
            "the database is reached through a pooler, and a migration needs a session of its own: "
            "set OVERHEARD_MIGRATION_DATABASE_URL to the server itself; nothing was changed"
        )


def alembic_config(connection: Connection | None = None) -> Any:
    """Alembic's configuration, built in code instead of a file."""
    from alembic.config import Config  # noqa: PLC0415  half a second at every start otherwise

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade_between_others(connection: Connection) -> None:
    seconds = LOCK_TIMEOUT_MS / 1000
    attempts = Retrying(
        retry=retry_if_exception(_is_locked_out),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_incrementing(seconds, seconds),
    )
    try:
        attempts(_try_upgrade, connection)
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise MigrationForbidden(
            "the schema is of another version, and this role may not change it: run `overheard "
            "migrate` where OVERHEARD_MIGRATION_DATABASE_URL is set (with Compose: docker compose "
            "run --rm migrate)"
        ) from error
    except RetryError as error:
        raise MigrationBlocked(
            "another session keeps a table locked that the migration has to change (a long "
            "transaction: see pg_stat_activity); nothing was changed, try again"
        ) from error


def _is_locked_out(error: BaseException) -> bool:
    return isinstance(error, OperationalError) and isinstance(
        error.orig, LockNotAvailable | DeadlockDetected
    )


def _try_upgrade(connection: Connection) -> None:
    try:
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
        connection.commit()
        _upgrade(connection)
    finally:
        connection.rollback()
        connection.execute(text("RESET lock_timeout"))
        connection.commit()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  as above

    command.upgrade(alembic_config(connection), "head")
    connection.commit()
