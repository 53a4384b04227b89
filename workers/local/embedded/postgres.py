"""The embedded PostgreSQL: its settings, and how it is created, started, asked and stopped."""

import contextlib
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from workers.local.embedded.directory import DataDirectory
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.process import ServerProcess
from workers.local.embedded.programs import POSTGRES_MAJOR, POSTGRES_PROGRAM, find_program

if TYPE_CHECKING:
    import psycopg

ROLE = "overheard"
DATABASE = "overheard"
# Durability stays as PostgreSQL ships it: fsync, synchronous_commit and full_page_writes are on.
SETTINGS = {
    "listen_addresses": "",  # no TCP at all
    "port": "5432",  # only part of the socket's name
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",  # SSD
    # Nobody replicates from here, and ingestion writes much: fewer WAL bytes and checkpoints.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement is our own log's business; here it would fill the disk.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
INITDB_OPTIONS = (
    f"--username={ROLE}",
    "--encoding=UTF8",
    # The same order and case rules on every machine, whatever its libc; code points sort (C).
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    # Who may connect is decided by who may enter the folder of the socket.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
)
FAST_SHUTDOWN_SECONDS = 60
IMMEDIATE_SHUTDOWN_SECONDS = 15


@dataclass(frozen=True)
class Postgres:
    """The PostgreSQL server of one data directory. Call it only under the start lock."""

    directory: DataDirectory

    @property
    def cluster(self) -> Path:
        """The folder that PostgreSQL calls its data directory."""
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

    def launch(self) -> None:
        """Start the server unless it runs; create its cluster when there is none.

        Raises:
            EmbeddedServerError: with what to do.
        """
        if self.process.is_running() and self.process.wait_until(self._accepts):
            return
        program = find_program(POSTGRES_PROGRAM, self.directory)
        if not self.cluster.exists():
            self._initialise(program.with_name("initdb"))
        self._check_version()
        self._remove_leftovers()
        self.directory.make_private(self.directory.sockets)
        settings = {**SETTINGS, "unix_socket_directories": str(self.directory.sockets)}
        options = [f"--{name}={value}" for name, value in settings.items()]
        self.process.launch([str(program), "-D", str(self.cluster), *options])

    def wait_ready(self) -> None:
        """Wait until the database accepts connections, through crash recovery if need be.

        Raises:
            EmbeddedServerError: the server ended or took longer; with the end of its log.
        """
        if not self.process.wait_until(self._accepts):
            name, log = self.process.name, self.process.log_tail()
            raise EmbeddedServerError(f"{name} did not start:\n{log}")

    def stop(self) -> bool:
        """Stop the server: roll open transactions back and write a checkpoint, else just end it.

        Returns:
            Whether it was running.

        Raises:
            EmbeddedServerError: it does not end either way.
        """
        if not self.process.is_running():
            return False
        self.process.signal(signal.SIGINT)  # "fast" (pg_ctl)
        if self.process.wait_until_gone(FAST_SHUTDOWN_SECONDS):
            return True
        self.process.signal(signal.SIGQUIT)  # "immediate": recovery at the next start
        if self.process.wait_until_gone(IMMEDIATE_SHUTDOWN_SECONDS):
            return True
        raise EmbeddedServerError(f"PostgreSQL does not stop:\n{self.process.log_tail()}")

    def _initialise(self, initdb: Path) -> None:
        """Create the cluster beside its place and move it there when it is whole."""
        unfinished = self.directory.path / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        self.directory.make_private(unfinished)
        argv = [str(initdb), "-D", str(unfinished), *INITDB_OPTIONS]
        result = self.directory.account.run(argv, unfinished)
        if result.returncode != 0:
            raise EmbeddedServerError(f"initdb failed:\n{result.stdout.strip()}")
        unfinished.rename(self.cluster)

    def _check_version(self) -> None:
        major = (self.cluster / "PG_VERSION").read_text().strip()
        if major != str(POSTGRES_MAJOR):
            raise EmbeddedServerError(
                f"{self.cluster} was written by PostgreSQL {major}, and this Overheard runs "
                f"PostgreSQL {POSTGRES_MAJOR}: dump it with the Overheard that wrote it and "
                "restore it into an empty data directory (OVERHEARD_DATA), or go back to that one"
            )

    def _remove_leftovers(self) -> None:
        """Remove the pid files of a killed server.

        Their pid can be another process by now, and PostgreSQL would refuse to start. We know
        better: our lock was free, so nothing of that server is alive. (A postmaster started by
        hand is still safe: PostgreSQL also asks the shared memory segment of the folder.)
        """
        socket = self.process.socket
        for leftover in (self.cluster / "postmaster.pid", socket, Path(f"{socket}.lock")):
            leftover.unlink(missing_ok=True)

    def _accepts(self) -> bool:
        if not self._says_ready():
            return False
        import psycopg  # noqa: PLC0415  health checks and help import this module

        with contextlib.suppress(psycopg.OperationalError), self._connect() as connection:
            query = "SELECT FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).rowcount == 0:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
            return True
        return False

    def _says_ready(self) -> bool:
        """Whether the last line of the pid file says so: no failed connections in its log."""
        try:
            return (self.cluster / "postmaster.pid").read_text().strip().endswith("ready")
        except FileNotFoundError:
            return False

    def _connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        import psycopg  # noqa: PLC0415  as above

        return psycopg.connect(
            host=str(self.directory.sockets),
            port=5432,
            user=ROLE,
            dbname="postgres",  # always there
            connect_timeout=5,
            autocommit=True,
        )
