"""What the tests of the pages share: the application on a real server, and a client for it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.servers.web_server import web_server


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The application, served once for all tests: it keeps nothing between requests."""
    with web_server() as url:
        yield url


@pytest.fixture
def web_url(served: str, database: str) -> str:
    """The address of the application, over an empty database."""
    del database
    return served


@pytest.fixture
def client(web_url: str) -> Iterator[httpx.Client]:
    """A client that follows nothing by itself."""
    with httpx.Client(base_url=web_url, trust_env=False, timeout=30) as client:
        yield client
