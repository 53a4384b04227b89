"""Migrate as the role that owns the tables, which need not be the role of the service."""

from models.database.engine import engine, owner_engine
from models.database.migrate import migrate
from models.database.service_role import grant_to_service


def migrate_as_owner() -> str | None:
    """Migrate the configured database, and grant the service its rows; the revision before."""
    owner = owner_engine()
    if owner is None:
        return migrate(engine())
    before = migrate(owner)
    grant_to_service(owner, engine().url)
    return before
