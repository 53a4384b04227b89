"""The database and broker of a command: as configured, or embedded while it runs."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.data_folder import default_data_dir
from models.settings import get_settings
from workers.local.embedded.servers import EmbeddedServers


@contextmanager
def service(*, migrated: bool = True, broker: bool = True) -> Iterator[EmbeddedServers | None]:
    """Provide database and broker for the block.

    A server without a configured URL is started in the data directory, and its URL is put into
    the environment of this process and its children. Yields the embedded servers, if any.
    Without ``broker``, for commands that only read or write rows, Valkey is left alone.

    Raises:
        EmbeddedServerError: with what to do.
    """
    settings = get_settings()
    wants_database = settings.database_url is None
    wants_broker = broker and settings.broker_url is None
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
        _reset_connections()
        _migrate(migrated)
        yield servers
    finally:
        _close_connections()
        servers.stop()


def _migrate(wanted: bool) -> None:
    if wanted:
        from models.database import engine  # noqa: PLC0415  as in _loaded
        from models.database.migrate import migrate  # noqa: PLC0415

        migrate(engine())


def _reset_connections() -> None:
    """Drop connections to previous servers: the URLs have changed."""
    get_settings.cache_clear()
    if celery := _loaded("workers.celery_app"):
        celery.reset_connections()
    elif database := _loaded("models.database"):
        database.forget_engine()


def _close_connections() -> None:
    if celery := _loaded("workers.celery_app"):
        celery.app.close()
    if database := _loaded("models.database"):
        database.engine().dispose()


def _loaded(module: str) -> Any:
    """A module if something has imported it: `up` stays small, and imports neither of them."""
    return sys.modules.get(module)
