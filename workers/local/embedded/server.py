"""What the embedded PostgreSQL and Valkey have in common: launch, wait until ready, stop."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from workers.local.embedded.directory import DataDirectory
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.process import ServerProcess

# How often a server is started that ends while it recovers, before that is an error.
RECOVERIES = 5


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
        if self.process.is_running() and self._is_ready_in_time():
            return
        self.process.launch(self.prepare())

    def wait_ready(self) -> None:
        """Wait until the server accepts connections, through recovery if necessary.

        A server that is killed while it recovers is started again: nothing of its data is lost.

        Raises:
            EmbeddedServerError: the server exited or took too long; with the end of its log.
        """
        for _ in range(RECOVERIES):
            if self._is_ready_in_time():
                return
            if not self.was_recovering():
                break
            self.process.launch(self.prepare())
        name, log = self.process.name, self.process.log_tail()
        raise EmbeddedServerError(f"{name} did not start:\n{log}")

    def _is_ready_in_time(self) -> bool:
        return self.process.wait_until(self.accepts, self.is_recovering)

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

    def is_recovering(self) -> bool:
        """Whether the server runs, and is busy with its data before it accepts connections."""
        return False

    def was_recovering(self) -> bool:
        """Whether the server ended in that state."""
        return False

    @abstractmethod
    def accepts(self) -> bool:
        """Whether the server accepts connections and can be used."""

    @abstractmethod
    def shutdown_steps(self) -> Iterator[tuple[Callable[[], None], float]]:
        """Ways to shut down, gentlest first, each with the seconds to wait for its effect."""
