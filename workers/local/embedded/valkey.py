"""The embedded Valkey: its settings, and how it is started, asked and stopped."""

import contextlib
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workers.local.embedded.directory import DataDirectory
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.process import ServerProcess
from workers.local.embedded.programs import VALKEY_PROGRAM, find_program

if TYPE_CHECKING:
    import redis

SETTINGS = {
    "port": "0",  # no TCP at all
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",  # the append-only file is all that is kept
    "maxmemory-policy": "noeviction",  # a broker must not forget
}
SHUTDOWN_SECONDS = 15
KILL_SECONDS = 5


@dataclass(frozen=True)
class Valkey:
    """The Valkey server of one data directory. Call it only under the start lock."""

    directory: DataDirectory

    @property
    def folder(self) -> Path:
        """Where its append-only file lies."""
        return self.directory.path / "valkey"

    @property
    def process(self) -> ServerProcess:
        """The server as a process."""
        return ServerProcess(
            name="Valkey",
            account=self.directory.account,
            folder=self.folder,
            lock=self.directory.run / "valkey.lock",
            log=self.directory.log / "valkey.log",
            socket=self.directory.sockets / "valkey.sock",
        )

    @property
    def url(self) -> str:
        """The broker as a Celery URL (kombu's form; add ?virtual_host=N for database N)."""
        return f"redis+socket://{self.process.socket}"

    @property
    def client_url(self) -> str:
        """The same server as a URL for redis-py (add ?db=N for database N)."""
        return f"unix://{self.process.socket}"

    def launch(self) -> None:
        """Start the server unless it runs.

        Raises:
            EmbeddedServerError: with what to do.
        """
        if self.process.is_running() and self.process.wait_until(self._answers):
            return
        program = find_program(VALKEY_PROGRAM, self.directory)
        self.directory.make_private(self.folder)
        self.directory.make_private(self.directory.sockets)
        settings = {
            **SETTINGS,
            "dir": str(self.folder),
            "unixsocket": str(self.process.socket),
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self.process.launch([str(program), *options])

    def wait_ready(self) -> None:
        """Wait until the server answers, its append-only file loaded.

        Raises:
            EmbeddedServerError: the server ended or took longer; with the end of its log.
        """
        if not self.process.wait_until(self._answers):
            name, log = self.process.name, self.process.log_tail()
            raise EmbeddedServerError(f"{name} did not start:\n{log}")

    def stop(self) -> bool:
        """Stop the server with its append-only file flushed to disk, else kill it.

        Returns:
            Whether it was running.

        Raises:
            EmbeddedServerError: it does not end either way.
        """
        if not self.process.is_running():
            return False
        import redis  # noqa: PLC0415  health checks and help import this module

        with contextlib.suppress(redis.RedisError):
            self._client().shutdown(nosave=True, now=True)
        if self.process.wait_until_gone(SHUTDOWN_SECONDS):
            return True
        self.process.signal(signal.SIGKILL)
        if self.process.wait_until_gone(KILL_SECONDS):
            return True
        raise EmbeddedServerError(f"Valkey does not stop:\n{self.process.log_tail()}")

    def _answers(self) -> bool:
        import redis  # noqa: PLC0415  as above

        try:
            return bool(self._client().ping())
        except redis.RedisError:  # not there yet, or loading
            return False

    def _client(self) -> "redis.Redis":
        import redis  # noqa: PLC0415  as above
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        # Without its retries: a server that has ended would be asked again for seconds.
        return redis.Redis(
            unix_socket_path=str(self.process.socket),
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )
