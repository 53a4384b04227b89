"""The processes of a service, each in a process group of its own, to be killed and started anew."""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable
from types import TracebackType

from tests.acceptance.installation import Installation

_COMMANDS = {
    "work": ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "2"),
    "ops": ("worker", "--queues", "ops", "--name", "ops", "--concurrency", "1"),
    "beat": ("beat",),
}


class Processes:
    """Workers and beat of an installation, which has to have its servers running already."""

    def __init__(self, own: Installation) -> None:
        self._own = own
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.killed: Counter[str] = Counter()

    def __enter__(self) -> "Processes":
        self._own.overheard("migrate")
        for name in _COMMANDS:
            self._start(name)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name in list(self._running):
            self._kill(name)

    def kill(self, names: Iterable[str]) -> None:
        """Kill processes with all of their children at once, and start them again."""
        for name in names:
            self._kill(name)
            self.killed[name] += 1
            self._start(name)

    def _kill(self, name: str) -> None:
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _start(self, name: str) -> None:
        urls = {
            "OVERHEARD_DATABASE_URL": self._own.urls.database_url,
            "OVERHEARD_BROKER_URL": self._own.urls.broker_url,
        }
        with (self._own.data / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._own.command(*_COMMANDS[name]),
                env=self._own.environment | urls,
                cwd=self._own.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
