"""What the embedded PostgreSQL and Valkey have in common: launch, wait until ready, stop."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.local.embedded.directory import DataDirectory
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.process import ServerProcess


@dataclass(frozen=True)
class EmbeddedServer(ABC):
    """A server of one data directory. Its methods need the start lock."""

    directory: DataDirectory

    @property
    @abstractmethod
    def process(self) -> ServerProcess:
        """The server as a process."""

    def launch(self) -> None:
        """Start the server unless it runs.

        Raises:
            EmbeddedServerError: with what to do.
        """
        if self.process.is_running() and self.process.wait_until(self.accepts):
            return
        self.process.launch(self.prepare())

    def wait_ready(self) -> None:
        """Wait until the server accepts connections, through recovery if necessary.

        Raises:
            EmbeddedServerError: the server exited or took too long; with the end of its log.
        """
        if not self.process.wait_until(self.accepts):
            name, log = self.process.name, self.process.log_tail()
            raise EmbeddedServerError(f"{name} did not start:\n{log}")

    def stop(self) -> bool:
        """Shut the server down, gracefully if it can, and wait until it is gone.

        Returns:
            Whether it was running.

        Raises:
            EmbeddedServerError: it does not stop.
        """
        if not self.process.is_running():
            return False
        for shut_down, seconds in self.shutdown_steps():
            shut_down()
            if self.process.wait_until_gone(seconds):
                return True
        name, log = self.process.name, self.process.log_tail()
        raise EmbeddedServerError(f"{name} does not stop:\n{log}")

    @abstractmethod
    def prepare(self) -> list[str]:
        """Create the directories that the server needs; its command."""

    @abstractmethod
    def accepts(self) -> bool:
        """Whether the server accepts connections and can be used."""

    @abstractmethod
    def shutdown_steps(self) -> Iterator[tuple[Callable[[], None], float]]:
        """Ways to shut down, gentlest first, each with the seconds to wait for its effect."""
