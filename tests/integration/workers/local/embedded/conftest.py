"""Data directories for these tests, from a cluster that is created once."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.local.embedded import down, embedded_servers


def new_folder() -> Path:
    """A directory that every account can enter, unlike pytest's tmp_path, which only root can."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty directory; servers of data directories in it are stopped afterwards."""
    path = new_folder()
    yield path
    for lock in path.rglob("start.lock"):
        down(lock.parent.parent)
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def shared_data_dir() -> Iterator[Path]:
    """A data directory for all tests that do not damage it."""
    folder = new_folder()
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def data_dir(shared_data_dir: Path) -> Iterator[Path]:
    """A data directory without running servers, before and after the test."""
    yield shared_data_dir
    down(shared_data_dir)


@pytest.fixture
def damaged_data_dir(data_dir: Path, folder: Path) -> Iterator[Path]:
    """A copy of a data directory that a test may damage."""
    with embedded_servers(data_dir):
        pass
    copy = folder / "data"
    subprocess.run(["cp", "-a", str(data_dir), str(copy)], check=True)
    yield copy
    down(copy)
