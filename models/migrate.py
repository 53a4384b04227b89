"""Bringing a database to the present schema, once, however many processes ask at the same time."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

# The revision that this version of the code works with; a test compares it with Alembic's head.
NEWEST_REVISION = "0004"

# Any constant of our own: the advisory lock under which only one process migrates.
MIGRATION_LOCK = 0x0F3E_4EA2D

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


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
    up to date is left alone without any lock.
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
                _upgrade(connection)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": MIGRATION_LOCK})
            connection.commit()
    return before


def alembic_config(connection: Connection | None = None) -> Any:
    """Alembic's configuration, without a file: the migrations lie beside this module."""
    from alembic.config import Config  # noqa: PLC0415  half a second at every start otherwise

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  as above

    command.upgrade(alembic_config(connection), "head")
    connection.commit()
