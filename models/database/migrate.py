"""Bringing a database to the present schema, once, however many processes ask at the same time."""

import time
from pathlib import Path
from typing import Any

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import OperationalError

# The revision that this version of the code works with; a test compares it with Alembic's head.
NEWEST_REVISION = "0017"

# Any constant of our own: the advisory lock under which only one process migrates.
MIGRATION_LOCK = 0x0F3E_4EA2D

# A statement of a migration waits so long for a lock, and then lets everybody else go first.
LOCK_TIMEOUT_MS = 2000
ATTEMPTS = 8

_VERSIONS = Path(__file__).parents[1] / "migrations" / "versions"


class MigrationBlocked(RuntimeError):
    """A table could not be locked for a moment, however often it was tried."""


def present_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    query = text("SELECT version_num FROM alembic_version")
    revision: str | None = connection.execute(query).scalar()
    return revision


def is_outdated(revision: str | None) -> bool:
    """Whether a database at this revision lacks something that this version needs.

    One that we do not know was made by a newer version, which leaves in place what we need.
    """
    known = {path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py")}
    return revision is None or (revision != NEWEST_REVISION and revision in known)


def migrate(engine: Engine) -> str | None:
    """Migrate to the newest revision; the revision that it was at before, if any.

    A session-level lock makes others wait, so that they find the work done. A database that is
    up to date is left alone without any lock. Workers of the version before go on meanwhile: no
    statement waits for their locks for longer than a moment, since everybody else would wait
    behind it; the migration is rolled back and tried again.

    Raises:
        MigrationBlocked: somebody holds a table all the time; nothing was changed.
    """
    with engine.connect() as connection:
        before = present_revision(connection)
        connection.rollback()
        if before == NEWEST_REVISION:
            return before
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        try:
            before = present_revision(connection)
            connection.commit()
            if before != NEWEST_REVISION:
                _upgrade_between_others(connection)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
    return before


def alembic_config(connection: Connection | None = None) -> Any:
    """Alembic's configuration, without a file: the migrations lie beside this module."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade_between_others(connection: Connection) -> None:
    for attempt in range(ATTEMPTS):
        try:
            connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MS}"))
            connection.commit()
            _upgrade(connection)
        except OperationalError as error:
            connection.rollback()
            if not isinstance(error.orig, LockNotAvailable | DeadlockDetected):
                raise
            time.sleep(LOCK_TIMEOUT_MS / 1000 * (attempt + 1))
        else:
            return
        finally:
            connection.rollback()
            connection.execute(text("RESET lock_timeout"))
            connection.commit()
    raise MigrationBlocked(
        "somebody holds a table that the migration has to change (a long transaction: see "
        "pg_stat_activity); nothing was changed, try again"
    )


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
    connection.commit()
