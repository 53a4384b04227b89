"""The embedded servers for the whole test run, with a database of its own for every worker.

Import all of it into tests/conftest.py; pytest finds the fixtures and hooks by their names. The
process that was started first makes the data directory, and pytest-xdist's workers inherit it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.postgres import fresh_database
from workers.local.embedded import ServerUrls, down, embedded_servers

__all__ = [
    "broker_url",
    "database_url",
    "pytest_configure",
    "pytest_unconfigure",
    "server_urls",
    "worker_number",
]

# Read by the workers of the same run only.
RUN_FOLDER = "OVERHEARD_TEST_RUN"
BROKER_DATABASES = 16  # as Valkey comes


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of this run, outside of pytest's own, which is root's alone."""
    if not hasattr(config, "workerinput"):
        folder = Path(tempfile.mkdtemp(prefix="overheard-tests-"))
        folder.chmod(0o755)
        os.environ[RUN_FOLDER] = str(folder)
        os.environ["OVERHEARD_WEB_PORT"] = "0"  # services of tests that run side by side


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of this run, when all of its workers are done."""
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(RUN_FOLDER))
        down(folder / "data")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """0 for gw0 and for a run without pytest-xdist."""
    workerinput: dict[str, str] = getattr(request.config, "workerinput", {})
    return int(workerinput.get("workerid", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def server_urls() -> Iterator[ServerUrls]:
    """Both servers, started by the first worker that asks for them."""
    with embedded_servers(Path(os.environ[RUN_FOLDER]) / "data") as urls:
        yield urls


@pytest.fixture(scope="session")
def database_url(server_urls: ServerUrls, worker_number: int) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database, which only this worker uses."""
    with fresh_database(server_urls.database_url, f"tests_{worker_number}") as url:
        yield url


@pytest.fixture(scope="session")
def broker_url(server_urls: ServerUrls, worker_number: int) -> str:
    """The Celery URL of a broker database, which only this worker uses."""
    return f"{server_urls.broker_url}?virtual_host={worker_number % BROKER_DATABASES}"
