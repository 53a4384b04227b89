"""Bringing a database to the present schema, once, however many processes ask at the same time."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

# Any constant of our own: the advisory lock under which only one process migrates.
MIGRATION_LOCK = 0x0F3E_4EA2D


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """The revision that this version of the code works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None  # noqa: S101  there is always a first migration
    return head


def present_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: Engine) -> str | None:
    """Migrate to the newest revision; the revision that it was at before, if any.

    A session-level lock makes others wait, so that they find the work done.
    """
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        try:
            before = present_revision(connection)
            connection.commit()
            if before != newest_revision():
                command.upgrade(_config(connection), "head")
                connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
    return before
