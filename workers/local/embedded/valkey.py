"""The embedded Valkey server: settings, start and shutdown."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from workers.local.embedded.process import ServerProcess
from workers.local.embedded.programs import VALKEY_PROGRAM, find_program
from workers.local.embedded.server import EmbeddedServer

if TYPE_CHECKING:
    import redis

SETTINGS = {
    "port": "0",  # no TCP
    "unixsocketperm": "700",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",  # only the append-only file is written
    "maxmemory-policy": "noeviction",  # a broker must not lose messages
}
SHUTDOWN_SECONDS = 15
KILL_SECONDS = 5


@dataclass(frozen=True)
class Valkey(EmbeddedServer):
    """The Valkey server of one data directory."""

    @property
    def folder(self) -> Path:
        """The directory of its append-only file."""
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

    def prepare(self) -> list[str]:
        """Create the server's directories; its command."""
        program = find_program(VALKEY_PROGRAM, self.directory)
        self.directory.make_private(self.folder)
        self.directory.make_private(self.directory.sockets)
        settings = {
            **SETTINGS,
            "dir": str(self.folder),
            "unixsocket": str(self.process.socket),
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return [str(program), *options]

    def shutdown_steps(self) -> Iterator[tuple[Callable[[], None], float]]:
        """A shutdown that flushes the append-only file, then SIGKILL."""
        yield self._shut_down, SHUTDOWN_SECONDS
        yield partial(self.process.signal, signal.SIGKILL), KILL_SECONDS

    def _shut_down(self) -> None:
        import redis  # noqa: PLC0415  health checks and help import this module

        with contextlib.suppress(redis.RedisError):
            self._client().shutdown(nosave=True, now=True)

    def accepts(self) -> bool:
        """Whether the server responds, which it does once its append-only file is loaded."""
        import redis  # noqa: PLC0415  as above

        try:
            return bool(self._client().ping())
        except redis.RedisError:  # not listening yet, or loading
            return False

    def _client(self) -> "redis.Redis":
        import redis  # noqa: PLC0415  as above
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        # Without retries, which would go on for seconds after the server has exited.
        return redis.Redis(
            unix_socket_path=str(self.process.socket),
            socket_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )
