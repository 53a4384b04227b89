"""Fixtures that every test may ask for: the servers, an empty database, the fault server."""

from collections.abc import Iterator

import pytest
import redis
import structlog
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import models.tables  # noqa: F401  the tables register themselves
import workers.celery_app  # noqa: F401  tasks are sent by our app, as in every process of ours
from models import get_settings
from models.database import engine, forget_engine
from models.database.migrate import migrate
from tasks.http.settings import fetch_loop
from tests.acceptance.scheduling import pytest_xdist_make_scheduler
from tests.servers.embedded import (
    BROKER_DATABASES,
    broker_url,
    database_url,
    pytest_configure,
    pytest_unconfigure,
    server_urls,
    worker_number,
)
from tests.servers.fault_server import FaultServer, fault_server
from workers.local.embedded import ServerUrls

__all__ = [
    "broker_url",
    "database_url",
    "fault_server",
    "pytest_configure",
    "pytest_unconfigure",
    "pytest_xdist_make_scheduler",
    "server_urls",
    "worker_number",
]

# No test is timed: machines differ, and are busy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Children before parents. DELETE and not TRUNCATE: the tables of a test hold a few rows, and a
# truncation makes forty files.
_EMPTY = "; ".join(
    f"DELETE FROM {table}"  # noqa: S608  our own tables
    for table in (
        *(table.name for table in reversed(SQLModel.metadata.sorted_tables)),
        "change_log",  # again: each deletion was noted there
    )
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is not a part of `make test`."""
    parser.addoption("--compose", action="store_true", help="run what needs a container engine")
    parser.addoption("--whole-world", action="store_true", help="deploy with all of the world")


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Log lines as text: what structlog does by itself draws a picture of every exception."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(),
        ]
    )


@pytest.fixture(scope="session")
def migrated_database(database_url: str) -> str:
    """This worker's database at the newest schema; tests do not wait for its disk."""
    migrating = create_engine(database_url, isolation_level="AUTOCOMMIT")
    migrate(migrating)
    with migrating.connect() as connection:
        name = migrating.url.database
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    migrating.dispose()
    return database_url


@pytest.fixture
def database(migrated_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty database, which the code under test finds by its settings."""
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", migrated_database)
    get_settings.cache_clear()
    if engine().url.database != migrated_database.rpartition("/")[2].partition("?")[0]:
        forget_engine()
    empty_database()
    yield migrated_database
    get_settings.cache_clear()


def empty_database() -> None:
    """Delete every row; hypothesis asks for it between examples."""
    with engine().begin() as connection:
        connection.exec_driver_sql(_EMPTY)


@pytest.fixture
def broker(
    broker_url: str,
    server_urls: ServerUrls,
    worker_number: int,
    monkeypatch: pytest.MonkeyPatch,
) -> "redis.Redis":
    """An empty broker, which the code under test finds by its settings; its client."""
    monkeypatch.setenv("OVERHEARD_BROKER_URL", broker_url)
    get_settings.cache_clear()
    number = worker_number % BROKER_DATABASES
    client = redis.Redis.from_url(f"{server_urls.broker_client_url}?db={number}")
    client.flushdb()
    return client


@pytest.fixture
def publisher(
    fault_server: FaultServer, monkeypatch: pytest.MonkeyPatch, database: str
) -> Iterator[FaultServer]:
    """A publisher's server, the only address that may be fetched from."""
    del database
    # One poll in a hundred is unconditional by chance; a test that needs one sets the share.
    monkeypatch.setattr("tasks.polling.poller.UNCONDITIONAL_SHARE", 0.0)
    monkeypatch.setenv("OVERHEARD_ALLOWED_NETWORKS", f"127.0.0.1/32:{fault_server.port}")
    get_settings.cache_clear()
    fetch_loop.cache_clear()
    yield fault_server
    fetch_loop().close()
    fetch_loop.cache_clear()
    get_settings.cache_clear()
