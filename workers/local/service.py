"""The database and broker of a command: as configured, or embedded while it runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from models import get_settings
from models.database import engine
from models.database.migrate import migrate
from workers.celery_app import app, reset_connections
from workers.local.embedded.directory import default_data_dir
from workers.local.embedded.servers import EmbeddedServers
from workers.local.processes import ping_workers


@contextmanager
def service(*, migrated: bool = True) -> Iterator[EmbeddedServers | None]:
    """Provide database and broker for the block.

    A server without a configured URL is started in the data directory, and its URL is put into
    the environment of this process and its children. Yields the embedded servers, if any.

    Raises:
        EmbeddedServerError: with what to do.
    """
    settings = get_settings()
    wants_database, wants_broker = settings.database_url is None, settings.broker_url is None
    if not (wants_database or wants_broker):
        _migrate(migrated)
        yield None
        return
    data_dir = settings.data or default_data_dir()
    servers = EmbeddedServers(data_dir, database=wants_database, broker=wants_broker)
    urls = servers.start()
    try:
        if wants_database:
            os.environ["OVERHEARD_DATABASE_URL"] = urls.database_url
        if wants_broker:
            os.environ["OVERHEARD_BROKER_URL"] = urls.broker_url
        os.environ.setdefault("OVERHEARD_LOG_DIR", str(data_dir / "logs"))
        reset_connections()
        _migrate(migrated)
        yield servers
    finally:
        app.close()
        engine().dispose()
        servers.stop()


def _migrate(wanted: bool) -> None:
    if wanted:
        migrate(engine())


def responding_workers(*, enough: int | None = None) -> list[str]:
    """The names of the workers that respond within a second."""
    return ping_workers(app, enough=enough)
