"""The embedded servers of a test run, with a separate database for every pytest worker.

Import everything into tests/conftest.py; pytest finds the fixtures and hooks by their names. The
first process creates the data directory, and the workers of pytest-xdist inherit it.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from tests.servers.postgres import fresh_database
from workers.local.caretaker import end_all_of, start_caretaker
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
BROKER_DATABASES = 16  # Valkey's default
_CARETAKER = pytest.StashKey[Popen[bytes]]()


def pytest_configure(config: pytest.Config) -> None:
    """Create the folder of this run; not in pytest's own, which only root can read.

    It has the temporary files of all tests, and a caretaker that ends and deletes what is there
    when the run is killed. pytest's own folders stay where they are.
    """
    if not hasattr(config, "workerinput"):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
        folder = Path(tempfile.mkdtemp(prefix="overheard-tests-"))
        folder.chmod(0o755)
        os.environ[RUN_FOLDER] = os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        config.stash[_CARETAKER] = start_caretaker(folder)
        os.environ["OVERHEARD_WEB_PORT"] = "0"  # tests run services in parallel


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder of this run, after all workers have ended."""
    if not hasattr(config, "workerinput"):
        folder = Path(os.environ.pop(RUN_FOLDER))
        down(folder / "data")
        end_all_of(folder)
        config.stash[_CARETAKER].kill()
        config.stash[_CARETAKER].wait()


@pytest.fixture(scope="session")
def worker_number(request: pytest.FixtureRequest) -> int:
    """The number of the pytest worker; 0 without pytest-xdist."""
    workerinput: dict[str, str] = getattr(request.config, "workerinput", {})
    return int(workerinput.get("workerid", "gw0").removeprefix("gw"))


@pytest.fixture(scope="session")
def server_urls() -> Iterator[ServerUrls]:
    """Both servers, started by the first worker that needs them."""
    with embedded_servers(Path(os.environ[RUN_FOLDER]) / "data") as urls:
        yield urls


@pytest.fixture(scope="session")
def database_url(server_urls: ServerUrls, worker_number: int) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database for this worker only."""
    with fresh_database(server_urls.database_url, f"tests_{worker_number}") as url:
        yield url


@pytest.fixture(scope="session")
def broker_url(server_urls: ServerUrls, worker_number: int) -> str:
    """The Celery URL of a broker database for this worker only."""
    return f"{server_urls.broker_url}?virtual_host={worker_number % BROKER_DATABASES}"
