"""The processes of a service, each in its own process group, to kill and restart."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.acceptance.installation import Installation
from tests.servers.worker import children_of

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "work": ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "2"),
    "ops": ("worker", "--queues", "ops", "--name", "ops", "--concurrency", "1"),
    "beat": ("beat",),
}
_ROOT = Path(__file__).parents[2]


class Processes:
    """Workers and beat of an installation whose servers run.

    ``altered`` has the alterations of each process (tests/servers/altered.py).
    """

    def __init__(
        self,
        installation: Installation,
        commands: Mapping[str, tuple[str, ...]] = COMMANDS,
        altered: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        migrated: bool = False,
    ) -> None:
        self._installation = installation
        self._commands = commands
        self._altered = altered or {}
        self._migrated = migrated
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.killed: Counter[str] = Counter()

    def __enter__(self) -> "Processes":
        if not self._migrated:
            self._installation.overheard("migrate")
        for name in self._commands:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._running):
            self.end(name)

    def kill(self, names: Iterable[str]) -> None:
        """Kill processes with their children, and restart them."""
        for name in names:
            self.end(name)
            self.killed[name] += 1
            self.start(name)

    def kill_pool(self, name: str) -> int:
        """Kill the processes of a worker's pool; its main process starts others."""
        killed = 0
        for pid in children_of(self._running[name].pid):
            os.kill(pid, signal.SIGKILL)
            killed += 1
        return killed

    def send_sigterm(self, name: str) -> None:
        """Send SIGTERM to a process, and do not wait."""
        self._running[name].send_signal(signal.SIGTERM)

    def terminate(self, name: str, seconds: float) -> int:
        """Send SIGTERM to a process and wait; its exit code."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=seconds)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def end(self, name: str) -> None:
        """Kill a process with its children."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start(self, name: str) -> None:
        """Start a process by its name."""
        urls = {
            "OVERHEARD_DATABASE_URL": self._installation.urls.database_url,
            "OVERHEARD_BROKER_URL": self._installation.urls.broker_url,
        }
        with (self._installation.data / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._command(name),
                env=self._installation.environment | urls,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def _command(self, name: str) -> list[str]:
        arguments, changes = self._commands[name], self._altered.get(name)
        if not changes:
            return self._installation.command(*arguments)
        return [sys.executable, "-m", "tests.servers.altered", json.dumps(changes), *arguments]
