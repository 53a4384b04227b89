"""The servers that a command needs: those configured, or the embedded ones while it runs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from models import get_settings
from models.database import engine
from models.database.migrate import migrate
from workers.celery_app import app, reset_connections
from workers.local.embedded.directory import default_data_dir
from workers.local.embedded.servers import EmbeddedServers
from workers.local.processes import processes_alive


@contextmanager
def service(*, migrated: bool = True) -> Iterator[EmbeddedServers | None]:
    """The database and the broker, for as long as the block lasts.

    What no URL is configured for is started in the data folder, and its URL is put into the
    environment, for this process and those that it starts. Yields the embedded servers, if any.

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


def workers_answering(*, enough: int | None = None) -> list[str]:
    """The workers that answer on the broker within a second, embedded or not."""
    return processes_alive(app, enough=enough)
