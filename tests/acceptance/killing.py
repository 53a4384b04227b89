"""The processes of a service, each in a process group of its own, to be killed and started anew."""

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
    """Workers and beat of an installation, which has to have its servers running already.

    ``altered`` says for a process what of it is altered (tests/servers/altered.py).
    """

    def __init__(
        self,
        own: Installation,
        commands: Mapping[str, tuple[str, ...]] = COMMANDS,
        altered: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        migrated: bool = False,
    ) -> None:
        self._own = own
        self._commands = commands
        self._altered = altered or {}
        self._migrated = migrated
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.killed: Counter[str] = Counter()

    def __enter__(self) -> "Processes":
        if not self._migrated:
            self._own.overheard("migrate")
        for name in self._commands:
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._running):
            self.end(name)

    def kill(self, names: Iterable[str]) -> None:
        """Kill processes with all of their children at once, and start them again."""
        for name in names:
            self.end(name)
            self.killed[name] += 1
            self.start(name)

    def kill_pool(self, name: str) -> int:
        """Kill the processes that do a worker's work; its main process starts others."""
        killed = 0
        for pid in children_of(self._running[name].pid):
            os.kill(pid, signal.SIGKILL)
            killed += 1
        return killed

    def ask_to_end(self, name: str) -> None:
        """Send a process the signal by which an operator ends it, and do not wait."""
        self._running[name].send_signal(signal.SIGTERM)

    def terminate(self, name: str, seconds: float) -> int:
        """Ask a process to end, as an operator does; its exit code."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(timeout=seconds)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def end(self, name: str) -> None:
        """Kill a process with all of its children at once."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def start(self, name: str) -> None:
        """Start a process by its name."""
        urls = {
            "OVERHEARD_DATABASE_URL": self._own.urls.database_url,
            "OVERHEARD_BROKER_URL": self._own.urls.broker_url,
        }
        with (self._own.data / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._command(name),
                env=self._own.environment | urls,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def _command(self, name: str) -> list[str]:
        words, changes = self._commands[name], self._altered.get(name)
        if not changes:
            return self._own.command(*words)
        return [sys.executable, "-m", "tests.servers.altered", json.dumps(changes), *words]
