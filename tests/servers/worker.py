"""One real worker as a process of a test, with something of it altered if need be."""

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
    """`overheard worker WORDS…` in a process group of its own, killed at the end of the block."""
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
    """End a process and its children at once, also those that are stopped."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def children_of(pid: int) -> list[int]:
    """The processes that a process started, as Linux lists them."""
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def wait_until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> None:
    """Return when a condition holds; what it is about must come by itself."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this does not come about"
        time.sleep(0.05)
