"""Shares one PostgreSQL and one Valkey between all commands that use a data directory at once."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workers.local.embedded.directory import DataDirectory, open_data_dir
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.locks import exclusive, open_lock, try_lock
from workers.local.embedded.postgres import Postgres
from workers.local.embedded.valkey import Valkey

# Longer than a start or stop by somebody else can take.
LOCK_SECONDS = 300.0


@dataclass(frozen=True)
class ServerUrls:
    """Where the embedded servers answer."""

    database_url: str  # SQLAlchemy
    broker_url: str  # Celery
    broker_client_url: str  # redis-py


class _Server(Protocol):
    """What both servers can do, under the start lock."""

    def launch(self) -> None: ...
    def wait_ready(self) -> None: ...
    def stop(self) -> bool: ...


class EmbeddedServers:
    """One command's use of the embedded servers of a data directory.

    Every use holds a shared lock on `run/users.lock`; the one that can turn it into an exclusive
    one is the last and stops the servers. Starting and stopping happens under `run/start.lock`.
    The kernel drops the locks of a killed command; its servers live on, and the next command
    takes them over.
    """

    def __init__(self, data_dir: Path, *, database: bool = True, broker: bool = True) -> None:
        self._directory = open_data_dir(data_dir)
        self._postgres = Postgres(self._directory)
        self._valkey = Valkey(self._directory)
        wanted: list[tuple[bool, _Server]] = [(database, self._postgres), (broker, self._valkey)]
        self._wanted = [server for is_wanted, server in wanted if is_wanted]
        self._user: int | None = None

    @property
    def urls(self) -> ServerUrls:
        """Where the servers answer; of one that was not asked for, where it would."""
        return ServerUrls(self._postgres.url, self._valkey.url, self._valkey.client_url)

    def start(self) -> ServerUrls:
        """Become a user of the servers and start those that do not run; returns when they answer.

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
        """Start again what died meanwhile; for a command that lives long.

        Raises:
            EmbeddedServerError: with what to do.
        """
        with _start_lock(self._directory):
            self._start_wanted()

    def stop(self) -> None:
        """Stop being a user; the last one stops the servers. Calling it twice is harmless.

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
        try_lock(user, shared=True)  # only the last user holds it alone, and under the start lock
        try:
            self._start_wanted()
        except BaseException:
            with contextlib.suppress(EmbeddedServerError):  # the first error is the one to tell
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
    """The servers, or one of them, for as long as the block lasts.

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
    """Stop the servers of a data directory by hand, whoever uses them.

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
    directory.remove_outside()
    return any(stopped)
