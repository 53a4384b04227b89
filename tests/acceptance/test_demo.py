"""`overheard demo` as a new user runs it: the table, then a service until Ctrl-C."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "workers.cli", "demo"]
SECONDS = 90


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files that the servers' account can enter; empty at the end."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-demos-"))
    folder.chmod(0o755)
    yield folder
    left = [path.name for path in folder.iterdir()]
    shutil.rmtree(folder)
    assert left == []


def environment(folder: Path, **more: str) -> dict[str, str]:
    """As of a user whose real service has a data folder and servers."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
    inherited.pop("ONCE", None)
    real = {
        "OVERHEARD_DATA": str(folder / "real"),
        "OVERHEARD_DATABASE_URL": "postgresql://real:x@127.0.0.1:1/real",
        "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0",
    }
    return inherited | real | {"TMPDIR": str(folder), "COLUMNS": "150"} | more


def expected_people() -> list[tuple[str, int, int, int]]:
    expected: Any = json.loads((files("workers.local.demo") / "expected.json").read_text("utf-8"))
    return [
        (person["name"], person["appearances"], person["episodes"], person["podcasts"])
        for person in expected["people"]
    ]


def printed_people(output: str) -> list[tuple[str, int, int, int]]:
    """The rows of the table: a name and its counts between vertical lines."""
    row = re.compile(r"^│ (\D+?) +│ +([\d,]+) │ +([\d,]+) │ +([\d,]+) │", re.MULTILINE)
    return [
        (name, *(int(count.replace(",", "")) for count in counts))
        for name, *counts in row.findall(output)
    ]


def assert_nothing_runs(folder: Path) -> None:
    """Assert that no process has the folder in its command or environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to inspect processes")
    assert not list(_processes_of(folder))


def _processes_of(folder: Path) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parts = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:  # ended meanwhile, or of another user
            continue
        if any(os.fsencode(folder) in part for part in parts):
            yield f"{process.name}: {parts[0].replace(bytes(1), b' ').decode(errors='replace')}"


def test_demo_without_terminal_prints_table_and_exits(folder: Path) -> None:
    done = subprocess.run(
        COMMAND,
        env=environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert printed_people(done.stdout) == expected_people()
    assert_nothing_runs(folder)


@contextmanager
def demo_in_a_terminal(
    folder: Path, **more: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The demo in its own terminal, and our end of it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        COMMAND, env=environment(folder, **more), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(ours)


def read_until(terminal: int, text: str | None) -> str:
    """The output up to a text, or until the other side closes the terminal."""
    output = ""
    while text is None or text not in output:
        readable, _, _ = select.select([terminal], [], [], SECONDS)
        assert readable, f"nothing more came within {SECONDS} s: {output}"
        try:
            read = os.read(terminal, 65_536)
        except OSError:  # EIO: the other end is closed
            read = b""
        if not read:
            assert text is None, f"{text!r} never came: {output}"
            break
        output += read.decode(errors="replace").replace("\r\n", "\n")
    return output


def test_demo_once_exits_in_terminal(folder: Path) -> None:
    with demo_in_a_terminal(folder, ONCE="1") as (process, terminal):
        output = read_until(terminal, None)
        assert process.wait(timeout=SECONDS) == 0
    assert printed_people(output) == expected_people()
    assert_nothing_runs(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_in_terminal_runs_until_interrupted(folder: Path, number: signal.Signals) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("ignored, as under nohup")
    with demo_in_a_terminal(folder) as (process, terminal):
        output = read_until(terminal, "overheard people list\n")
        assert "overheard podcasts add https://" in output
        assert process.poll() is None
        assert list(_processes_of(folder))
        process.send_signal(number)
        farewell = read_until(terminal, None)
        assert process.wait(timeout=SECONDS) == 0
    assert "Traceback" not in output + farewell
    assert_nothing_runs(folder)


def test_demo_ended_while_it_starts_leaves_nothing(folder: Path) -> None:
    with demo_in_a_terminal(folder) as (process, terminal):
        read_until(terminal, "feeds")
        process.send_signal(signal.SIGTERM)
        output = read_until(terminal, None)
        assert process.wait(timeout=SECONDS) == 128 + signal.SIGTERM, output
    assert_nothing_runs(folder)
