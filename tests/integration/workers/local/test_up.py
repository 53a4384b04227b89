"""`overheard up` as a user sees it: one block when it is ready, and one service in a folder."""

import os
import pty
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx
import pytest

from tests.servers.worker import wait_until
from workers.local.caretaker import processes_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc"),
]

COMMAND = [sys.executable, "-m", "workers.cli", "up"]
SECONDS = 90
COLUMNS = 100


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that the servers' account can enter, and whose path fits a socket."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-up-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


def environment(data: Path, port: int = 0) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
    temporary = data.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    return inherited | {
        "OVERHEARD_DATA": str(data),
        "OVERHEARD_WEB_PORT": str(port),
        "TMPDIR": str(temporary),
    }


def ended(command: list[str], data: Path, port: int = 0) -> "subprocess.CompletedProcess[str]":
    """A command that ends by itself."""
    return subprocess.run(
        command,
        env=environment(data, port),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def started(data: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """`up` when it is ready, and the lines of its block; it is killed in the end."""
    with subprocess.Popen(
        COMMAND, env=environment(data), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout
        try:
            lines = iter(running.stdout.readline, "")
            first = next(line for line in lines if line.startswith("Overheard is up"))
            yield running, [first, *iter(lines.__next__, "\n")]
        finally:
            running.kill()


@contextmanager
def service_that_is_up(data: Path) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """`up` until it has ended in order: the lines of its block, and then what it logged."""
    with started(data) as (running, printed):
        yield running, printed
        running.terminate()
        assert running.stdout
        printed.append(running.stdout.read())
        assert running.wait(SECONDS) == 0


def own_processes(data: Path) -> Iterator[str]:
    """The commands of our own processes, without those of the servers."""
    for pid in processes_of(data):
        with suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
            if "workers.cli" in command:
                yield command


def folders_of_pools(data: Path) -> set[Path]:
    """The temporary folders of the workers' pools of processes."""
    return set((data / "tmp").glob("pymp-*"))


def has_ended(pid: int) -> bool:
    """Whether a process has ended, and waits for its parent."""
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "Z"


def down(data: Path) -> str:
    return ended([*COMMAND[:-1], "down"], data).stdout


def test_up_says_where_it_is_and_a_second_one_refuses(data: Path) -> None:
    with service_that_is_up(data) as (running, lines):
        address = lines[0].split()[-1]
        assert httpx.get(address, trust_env=False).status_code == 200
        assert str(running.pid) in lines[-1]

        second = ended(COMMAND, data)
        assert second.returncode == 1
        assert f"already running (pid {running.pid}, {address})" in second.stderr
        assert "overheard down" in second.stderr
        assert httpx.get(address, trust_env=False).status_code == 200

        for process in ("web", "worker", "indexer", "beat"):
            beside = ended([*COMMAND[:-1], process], data)
            assert beside.returncode == 1
            assert f"already running (pid {running.pid}, {address})" in beside.stderr

        assert down(data) == "stopped\n"
        assert has_ended(running.pid), "it says so only when that is so"
        assert list(processes_of(data)) == []
        assert running.wait(SECONDS) == 0
    assert down(data) == "nothing was running\n"


def test_up_killed_leaves_files_only_in_its_data_folder(data: Path) -> None:
    with started(data) as (running, _):
        killed = folders_of_pools(data)
        running.kill()
        running.wait(SECONDS)
        wait_until(lambda: not list(own_processes(data)), SECONDS)
    assert killed, "no worker made one: this shows nothing any more"
    assert folders_of_pools(data) == killed
    with service_that_is_up(data):
        assert folders_of_pools(data)
        assert folders_of_pools(data).isdisjoint(killed)
    assert [path.name for path in (data.parent / "temporary").iterdir()] == []


def test_up_prints_a_link_until_there_is_an_account_and_names_damage(data: Path) -> None:
    with service_that_is_up(data) as (_, lines):
        address, link = lines[0].split()[-1], lines[2].strip()
        page, _, code = link.partition("#")
        assert page == f"{address}first-account"
        sent = {"code": code, "name": "Ada", "password": "correct horse battery"}
        with httpx.Client(trust_env=False, timeout=30) as client:
            created = client.post(page, data=sent)
            assert created.headers["location"] == "/operate/first-steps"
            assert client.get(f"{address}operate").status_code == 200
    assert "event=first_account_created" in lines[-1]
    files = (path for path in (data / "logs").rglob("*") if path.is_file())
    assert code not in lines[-1] + "".join(path.read_text() for path in files)
    with service_that_is_up(data) as (_, lines):
        assert "first-account" not in "".join(lines)

    (data / "postgres" / "PG_VERSION").unlink()
    failed = ended(COMMAND, data)
    assert failed.returncode == 1
    assert "is damaged: its PG_VERSION cannot be read" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_up_names_a_port_that_is_in_use(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = ended(COMMAND, data, port)
    assert failed.returncode == 1
    assert f"port {port} of 127.0.0.1 is in use" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_up_on_a_terminal_fits_into_it(data: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (40, COLUMNS))
    with (
        subprocess.Popen(COMMAND, env=environment(data), stdout=theirs, stderr=theirs) as running,
        os.fdopen(ours, "rb", buffering=0) as terminal,
    ):
        os.close(theirs)
        try:
            lines = read_lines(terminal, until="stop ")
        finally:
            running.terminate()
            read_lines(terminal)
            running.wait(SECONDS)
    started = next(line for line in lines if "worker_started" in line)
    assert re.match(r"(ops|work) +\| \d\d:\d\d:\d\d worker_started  queues=", started), started
    sentences = [line for line in lines if "first-account#" not in line]
    assert [line for line in sentences if len(line) > COLUMNS] == []


def read_lines(terminal: IO[bytes], *, until: str = "") -> list[str]:
    """What appears on a terminal, up to a line with these words or its end; no colours."""
    seen = b""
    while not until or until.encode() not in seen:
        try:
            seen += terminal.read(65_536)
        except OSError:  # the program has ended
            break
    text = re.sub(r"\x1b\[[\d;]*m", "", seen.decode())
    return text.replace("\r", "").split("\n")
