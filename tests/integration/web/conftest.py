"""What the tests of the pages share: the application on a real server, and a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.web.accounts import add_accounts
from tests.integration.web.world import ShownWorld, shown_world
from tests.servers.web_server import web_server
from web.api import request_counts
from web.cache.cache import clear_cache
from workers.celery_app import app as celery_app
from workers.local.embedded import ServerUrls


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The application, served once for all tests: what it keeps is of a state."""
    with web_server() as url:
        yield url


@pytest.fixture
def web_url(served: str, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of the application, over an empty database, with no cache and no counts."""
    del database
    monkeypatch.setattr(request_counts, "_own", request_counts.OwnCounts())
    clear_cache()
    return served


@pytest.fixture
def client(web_url: str) -> Iterator[httpx.Client]:
    """A client that follows nothing by itself."""
    with httpx.Client(base_url=web_url, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def world(server_urls: ServerUrls, worker_number: int) -> Iterator[ShownWorld]:
    """A world that was ingested, and pages that show it; nobody changes it."""
    with shown_world(server_urls.database_url, f"pages_{worker_number}") as world:
        yield world


@pytest.fixture
def operating(database: str, broker: object, broker_url: str) -> None:
    """What operators' pages need: accounts to sign in with, and a broker whose queues they show."""
    del database, broker
    celery_app.conf.broker_url = broker_url
    add_accounts()
