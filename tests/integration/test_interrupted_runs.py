"""A test run that is interrupted or killed leaves no process and no folder."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.servers.worker import wait_until
from workers.local.caretaker import processes_of

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("INTERRUPTION_ROUNDS", "1"))
SERVERS = 4  # the demo, its caretaker, PostgreSQL and Valkey
START_SECONDS = 240  # on a busy machine
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
@pytest.mark.parametrize("number", SIGNALS * ROUNDS)
def test_interrupted_run_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    named = tmp_path / "folder"
    # A process that a script starts in the background ignores SIGINT, and so do those it starts.
    command = ["env", "--default-signal=INT", sys.executable]
    command += ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run = subprocess.Popen(
        [*command, "tests/servers/interrupted_run.py"],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"INTERRUPT_ME": str(named)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: named.exists() and named.read_text(), START_SECONDS)
        folder = Path(named.read_text())
        assert len(list(processes_of(folder))) >= 3
        run.send_signal(number)
        run.wait(60)
        wait_until(lambda: not folder.exists() and not list(processes_of(folder)), 60)
    finally:
        run.kill()
        run.wait()


@pytest.mark.skipif(not Path("/proc").exists(), reason="needs /proc")
def test_killed_demo_leaves_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with tempfile.TemporaryDirectory() as name, log.open("wb") as output:
        Path(name).chmod(0o755)  # the account of the servers enters it
        demo = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "demo"],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"TMPDIR": name, "OVERHEARD_WEB_PORT": "0"},
            stdout=output,
            stderr=output,
        )
        try:
            wait_until(lambda: len(list(processes_of(Path(name)))) >= SERVERS, START_SECONDS)
            demo.kill()
            demo.wait()
            wait_until(lambda: not list(Path(name).iterdir()), START_SECONDS)
            wait_until(lambda: not list(processes_of(Path(name))))
        finally:
            demo.kill()
            demo.wait()
