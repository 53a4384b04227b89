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
def data_dir() -> Iterator[Path]:
    """A directory that does not exist yet, in one that the servers' account can enter."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-demo-"))
    folder.chmod(0o755)
    yield folder / "data"
    shutil.rmtree(folder)


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("OVERHEARD_")}
    inherited.pop("ONCE", None)
    beat_file = f"{data_dir}.beat"
    settings = {"OVERHEARD_DATA": str(data_dir), "OVERHEARD_BEAT_FILE": beat_file, "COLUMNS": "150"}
    return inherited | settings | more


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


def assert_nothing_runs(data_dir: Path) -> None:
    """Assert that no process has the data directory in its command or environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("needs /proc to inspect processes")
    assert not list(_processes_of(data_dir))


def _processes_of(data_dir: Path) -> Iterator[str]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parts = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:  # ended meanwhile, or of another user
            continue
        if any(os.fsencode(data_dir) in part for part in parts):
            yield f"{process.name}: {parts[0].replace(bytes(1), b' ').decode(errors='replace')}"


def test_demo_without_terminal_prints_table_and_exits(data_dir: Path) -> None:
    done = subprocess.run(
        COMMAND,
        env=environment(data_dir),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert printed_people(done.stdout) == expected_people()
    assert_nothing_runs(data_dir)


@contextmanager
def demo_in_a_terminal(
    data_dir: Path, **more: str
) -> Iterator[tuple["subprocess.Popen[bytes]", int]]:
    """The demo in its own terminal, and our end of it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        COMMAND, env=environment(data_dir, **more), stdin=theirs, stdout=theirs, stderr=theirs
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


def test_demo_once_exits_in_terminal(data_dir: Path) -> None:
    with demo_in_a_terminal(data_dir, ONCE="1") as (process, terminal):
        output = read_until(terminal, None)
        assert process.wait(timeout=SECONDS) == 0
    assert printed_people(output) == expected_people()
    assert_nothing_runs(data_dir)


def test_demo_in_terminal_runs_until_interrupted(data_dir: Path) -> None:
    with demo_in_a_terminal(data_dir) as (process, terminal):
        output = read_until(terminal, "overheard people list\n")
        assert "overheard podcasts add https://" in output
        assert process.poll() is None
        assert list(_processes_of(data_dir))
        process.send_signal(signal.SIGINT)
        farewell = read_until(terminal, None)
        assert process.wait(timeout=SECONDS) == 0
    assert "Traceback" not in output + farewell
    assert_nothing_runs(data_dir)
