"""One real worker process for a test, with faults injected if needed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WAIT_SECONDS = 90


@contextmanager
def worker_process(
    *words: str, log: Path, altered: dict[str, Any] | None = None, **environment: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `overheard worker` in its own process group; kill it at the end of the block."""
    command = [sys.executable, "-m", "tests.servers.altered", json.dumps(altered or {}), "worker"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *words],
            env=os.environ | environment,
            cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its children at once, stopped ones too."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children_of(pid: int) -> list[int]:
    """Return the pids of the children of a process (Linux)."""
    children = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (thread / "children").read_text().split()]
    return children


def wait_until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> None:
    """Wait until a condition is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        time.sleep(0.05)
