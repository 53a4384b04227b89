"""One PostgreSQL and one Valkey server for all commands that use a data directory."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.local.embedded.directory import DataDirectory, open_data_dir
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.locks import exclusive, open_lock, try_exclusive, try_lock
from workers.local.embedded.postgres import Postgres
from workers.local.embedded.server import EmbeddedServer
from workers.local.embedded.valkey import Valkey
from workers.local.embedded.watch import ServerWatch

# Longer than another command can take to start or stop the servers.
LOCK_SECONDS = 300.0


@dataclass(frozen=True)
class ServerUrls:
    """URLs of the embedded servers."""

    database_url: str  # SQLAlchemy
    broker_url: str  # Celery
    broker_client_url: str  # redis-py


class EmbeddedServers:
    """One command's use of the embedded servers of a data directory.

    Every user has a shared lock on `run/users.lock`; the one that can turn it into an exclusive
    lock is the last, and stops the servers. Starting and stopping needs `run/start.lock`. The
    kernel releases the locks of a killed command; its servers go on, and the next command uses
    them.
    """

    def __init__(self, data_dir: Path, *, database: bool = True, broker: bool = True) -> None:
        self._directory = open_data_dir(data_dir)
        self._postgres = Postgres(self._directory)
        self._valkey = Valkey(self._directory)
        wanted: list[tuple[bool, EmbeddedServer]] = [
            (database, self._postgres),
            (broker, self._valkey),
        ]
        self._wanted = [server for is_wanted, server in wanted if is_wanted]
        self._user: int | None = None
        self.watch = ServerWatch(self.relaunch)

    @property
    def urls(self) -> ServerUrls:
        """The servers' URLs, also of a server that this command does not use."""
        return ServerUrls(self._postgres.url, self._valkey.url, self._valkey.client_url)

    @property
    def run_folder(self) -> Path:
        """Where the lock files of this data folder are."""
        return self._directory.run

    def start(self) -> ServerUrls:
        """Become a user of the servers, start those that do not run, and wait until they are ready.

        Raises:
            EmbeddedServerError: with what to do.
        """
        user = open_lock(self._directory.run / "users.lock")
        try:
            with _start_lock(self._directory):
                self._join(user)
        except BaseException:
            os.close(user)
            raise
        self._user = user
        return self.urls

    def ensure_running(self) -> None:
        """Restart servers that have died, for a long-running command.

        Raises:
            EmbeddedServerError: with what to do.
        """
        with _start_lock(self._directory):
            self._start_wanted()

    def relaunch(self) -> None:
        """Start servers that have died, without waiting until they are ready.

        Does nothing while another command starts or stops them.

        Raises:
            EmbeddedServerError: with what to do.
        """
        with try_exclusive(self._directory.run / "start.lock") as alone:
            for server in self._wanted if alone else ():
                if not server.process.is_alive():
                    server.process.launch(server.prepare())

    def stop(self) -> None:
        """Stop being a user; the last user stops the servers. A second call does nothing.

        Raises:
            EmbeddedServerError: a server does not stop.
        """
        if self._user is None:
            return
        user, self._user = self._user, None
        try:
            with _start_lock(self._directory):
                _stop_if_last(self._directory, user)
        finally:
            os.close(user)

    def _join(self, user: int) -> None:
        try_lock(user, shared=True)  # exclusive only for the last user, under the start lock
        try:
            self._start_wanted()
        except BaseException:
            with contextlib.suppress(EmbeddedServerError):  # report the first error
                _stop_if_last(self._directory, user)
            raise

    def _start_wanted(self) -> None:
        for server in self._wanted:
            server.launch()
        for server in self._wanted:
            server.wait_ready()


@contextmanager
def embedded_servers(
    data_dir: Path, *, database: bool = True, broker: bool = True
) -> Iterator[ServerUrls]:
    """Run the servers, or one of them, for the block.

    Raises:
        EmbeddedServerError: with what to do.
    """
    servers = EmbeddedServers(data_dir, database=database, broker=broker)
    urls = servers.start()
    try:
        yield urls
    finally:
        servers.stop()


def down(data_dir: Path) -> bool:
    """Stop the servers of a data directory, even if commands use them.

    Returns:
        Whether anything was running.

    Raises:
        EmbeddedServerError: a server does not stop.
    """
    if not data_dir.exists():
        return False
    directory = open_data_dir(data_dir)
    with _start_lock(directory):
        return _stop_all(directory)


def _start_lock(directory: DataDirectory) -> AbstractContextManager[None]:
    return exclusive(directory.run / "start.lock", LOCK_SECONDS)


def _stop_if_last(directory: DataDirectory, user: int) -> None:
    if try_lock(user):
        _stop_all(directory)


def _stop_all(directory: DataDirectory) -> bool:
    stopped = [server.stop() for server in (Valkey(directory), Postgres(directory))]
    directory.remove_outside_sockets()
    return any(stopped)
