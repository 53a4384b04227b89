"""Every lasting process of docker-compose.yml, from an installed wheel, side by side."""

import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.deployment.test_compose import LASTING, environment_of
from tests.deployment.wheels import Installed

HEALTHY_SECONDS = 120


# Flower is an extra; tests/integration/workers/worker/test_flower.py starts it.
PLAIN = {name: service for name, service in LASTING.items() if name != "flower"}


class Processes:
    """The processes by the name of their service, each with its log."""

    def __init__(self, installed: Installed, given: Mapping[str, str], folder: Path) -> None:
        self._installed = installed
        self._given = dict(given)
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all of them at once."""
        for name, service in PLAIN.items():
            with (self._folder / f"{name}.log").open("wb") as log:
                self._running[name] = subprocess.Popen(
                    [self._program(service["command"][0]), *service["command"][1:]],
                    env=self._environment(name),
                    cwd=self._folder,
                    stdout=log,
                    stderr=log,
                )

    def await_health(self) -> None:
        """Wait until each one's own health check passes."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        for name in PLAIN:
            while (failure := self._failure(name)) is not None:
                assert self._running[name].poll() is None, self.log(name)
                assert time.monotonic() < deadline, f"{failure}\n{self.log(name)}"

    def stop(self) -> dict[str, int]:
        """Ask all of them to end; their exit codes."""
        for process in self._running.values():
            process.terminate()
        return {name: process.wait(timeout=60) for name, process in self._running.items()}

    def kill(self) -> None:
        """End whatever is left."""
        for process in self._running.values():
            process.kill()
            process.wait()

    def log(self, name: str) -> str:
        """What a process wrote, with its name."""
        return f"{name}:\n{(self._folder / f'{name}.log').read_text()[-3000:]}"

    def _failure(self, name: str) -> str | None:
        _, program, *words = LASTING[name]["healthcheck"]["test"]
        done = subprocess.run(
            [self._program(program), *words],
            env=self._environment(name),
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr or done.stdout if done.returncode else None

    def _program(self, name: str) -> str:
        return str(self._installed.programs / name)

    def _environment(self, name: str) -> dict[str, str]:
        return self._installed.environment(**environment_of(name, self._given))


@contextmanager
def processes(installed: Installed, given: Mapping[str, str], folder: Path) -> Iterator[Processes]:
    """All processes, healthy; killed at the end of the block if they run still."""
    running = Processes(installed, given, folder)
    running.start()
    try:
        running.await_health()
        yield running
    finally:
        running.kill()
