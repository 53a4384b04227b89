"""The embedded PostgreSQL server: settings, cluster, start and shutdown."""

import contextlib
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.process import ServerProcess
from workers.local.embedded.programs import POSTGRES_MAJOR, POSTGRES_PROGRAM, find_program
from workers.local.embedded.server import EmbeddedServer

if TYPE_CHECKING:
    import psycopg

ROLE = "overheard"
DATABASE = "overheard"
# Durability stays as PostgreSQL ships it: fsync, synchronous_commit and full_page_writes are on.
SETTINGS = {
    "listen_addresses": "",  # no TCP
    "port": "5432",  # only part of the socket's name
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",  # SSD
    # No replication, and many writes: fewer WAL bytes and checkpoints.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Overheard logs failed statements itself; here they would fill the disk.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
INITDB_OPTIONS = (
    f"--username={ROLE}",
    "--encoding=UTF8",
    # The same sort order and case rules on every machine, independent of its libc.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # The permissions of the socket's directory decide who may connect.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
)
# In its log, when not the server but its process that recovers was killed.
_CUT_OFF = "aborting startup due to startup process failure"
FAST_SHUTDOWN_SECONDS = 60
IMMEDIATE_SHUTDOWN_SECONDS = 15


@dataclass(frozen=True)
class Postgres(EmbeddedServer):
    """The PostgreSQL server of one data directory."""

    @property
    def cluster(self) -> Path:
        """The cluster: the directory that PostgreSQL calls its data directory."""
        return self.directory.path / "postgres"

    @property
    def process(self) -> ServerProcess:
        """The server as a process."""
        return ServerProcess(
            name="PostgreSQL",
            account=self.directory.account,
            folder=self.cluster,
            lock=self.directory.run / "postgres.lock",
            log=self.directory.log / "postgres.log",
            socket=self.directory.sockets / ".s.PGSQL.5432",
        )

    @property
    def url(self) -> str:
        """The database as an SQLAlchemy URL."""
        folder = quote(str(self.directory.sockets), safe="")
        return f"postgresql+psycopg://{ROLE}@/{DATABASE}?host={folder}"

    def prepare(self) -> list[str]:
        """Create the cluster if there is none; the server's command."""
        program = find_program(POSTGRES_PROGRAM, self.directory)
        if not self.cluster.exists():
            self._create_cluster(program.with_name("initdb"))
        self._check_version()
        self._remove_leftovers()
        self.directory.make_private(self.directory.sockets)
        settings = {**SETTINGS, "unix_socket_directories": str(self.directory.sockets)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(program), "-D", str(self.cluster), *options]

    def shutdown_steps(self) -> Iterator[tuple[Callable[[], None], float]]:
        """A fast shutdown, which rolls back and writes a checkpoint, then an immediate one."""
        yield partial(self.process.signal, signal.SIGINT), FAST_SHUTDOWN_SECONDS
        # The next start recovers from the WAL.
        yield partial(self.process.signal, signal.SIGQUIT), IMMEDIATE_SHUTDOWN_SECONDS

    def _create_cluster(self, initdb: Path) -> None:
        """Create the cluster under another name, and rename it when it is complete."""
        unfinished = self.directory.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.directory.make_private(unfinished)
        argv = [str(initdb), "-D", str(unfinished), *INITDB_OPTIONS]
        result = self.directory.account.run(argv, unfinished)
        if result.returncode != 0:
            raise EmbeddedServerError(f"initdb failed:\n{result.stdout.strip()}")
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        try:
            major = (self.cluster / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise EmbeddedServerError(
                f"the database in {self.cluster} is damaged: its PG_VERSION cannot be read "
                f"({error.strerror}). Move the folder away and restore a backup (overheard "
                "restore), or begin anew"
            ) from error
        if major != str(POSTGRES_MAJOR):
            raise EmbeddedServerError(
                f"{self.cluster} was created by PostgreSQL {major}, but this version of Overheard "
                f"runs PostgreSQL {POSTGRES_MAJOR}: dump it with the version that created it and "
                "restore it into an empty data directory (OVERHEARD_DATA), or use that version"
            )

    def _remove_leftovers(self) -> None:
        """Remove the pid files of a killed server.

        Their pid may belong to another process by now, and PostgreSQL would refuse to start. Our
        lock was free, so no process of that server is alive. (A postmaster started by hand is
        still safe: PostgreSQL also checks the shared memory segment of the cluster.)
        """
        socket = self.process.socket
        for leftover in (self.cluster / "postmaster.pid", socket, Path(f"{socket}.lock")):
            leftover.unlink(missing_ok=True)

    def accepts(self) -> bool:
        """Whether the server accepts connections; creates the database if there is none."""
        if not self._reports_ready():
            return False
        import psycopg  # noqa: PLC0415  health checks and help import this module

        with contextlib.suppress(psycopg.OperationalError), self._connect() as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).rowcount == 0:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
            return True
        return False

    def is_recovering(self) -> bool:
        """Whether it replays its log (WAL), for which it may take minutes."""
        return self._reports("starting")

    def was_recovering(self) -> bool:
        """Whether it ended while it did: a killed server leaves its pid file as it was."""
        return self.is_recovering() or _CUT_OFF in self.process.log_tail()

    def _reports_ready(self) -> bool:
        """Whether the pid file reports readiness, which spares the log failed connections."""
        return self._reports("ready")

    def _reports(self, state: str) -> bool:
        try:
            return (self.cluster / "postmaster.pid").read_text().strip().endswith(state)
        except FileNotFoundError:
            return False

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        import psycopg  # noqa: PLC0415  as above

        return psycopg.connect(
            host=str(self.directory.sockets),
            port=5432,
            user=ROLE,
            dbname="postgres",  # always exists
            connect_timeout=5,
            autocommit=True,
        )
