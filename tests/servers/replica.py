"""A PostgreSQL and its streaming replica for one test, by the embedded programs."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import psycopg
from sqlalchemy import make_url

from tests.servers.debian import Account, running
from tests.servers.debian_postgres import answers
from tests.servers.worker import wait_until
from workers.local.embedded.directory import DataDirectory, open_data_dir
from workers.local.embedded.postgres import INITDB_OPTIONS, ROLE
from workers.local.embedded.programs import POSTGRES, POSTGRES_PROGRAM, find_program

_BACKUP = f"{POSTGRES}/bin/pg_basebackup"
PROGRAM = replace(POSTGRES_PROGRAM, path=_BACKUP, parts=(*POSTGRES_PROGRAM.parts, _BACKUP))


@dataclass
class Replicated:
    """The URLs of both, and a way to end the replica early."""

    primary: str
    replica: str
    either: str
    _replica_process: ExitStack = field(default_factory=ExitStack)

    def pause_replay(self) -> None:
        """Let the replica receive what is committed, and show none of it."""
        self._on_replica("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self._on_replica("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def resume_replay(self) -> None:
        """Let it show everything."""
        self._on_replica("SELECT pg_wal_replay_resume()")

    def kill_replica(self) -> None:
        """End the replica at once."""
        self._replica_process.close()

    def _on_replica(self, query: str) -> object:
        url = make_url(self.replica).set(drivername="postgresql")
        plain = url.render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None


@contextmanager
def replicated() -> Iterator[Replicated]:
    """Run both during the block."""
    with tempfile.TemporaryDirectory(prefix="overheard-replica-") as name, ExitStack() as stack:
        Path(name).chmod(0o755)
        directory = open_data_dir(Path(name))
        account = Account(directory.account.uid, directory.account.gid)
        programs = find_program(PROGRAM, directory).parent
        primary, replica = (directory.make_private(Path(name) / each) for each in ("p", "r"))
        _run(directory, programs / "initdb", "-D", primary / "data", *INITDB_OPTIONS)
        stack.enter_context(_server(account, programs, primary))
        copy = ("--write-recovery-conf", "--checkpoint=fast", "-D", replica / "data")
        _run(directory, programs / "pg_basebackup", "-h", primary, "-U", ROLE, *copy)
        servers = Replicated(_url(primary), _url(replica), _url(replica, primary))
        stack.enter_context(servers._replica_process).enter_context(
            _server(account, programs, replica)
        )
        yield servers


@contextmanager
def _server(account: Account, programs: Path, folder: Path) -> Iterator[None]:
    settings = (f"unix_socket_directories={folder}", "listen_addresses=", "shared_buffers=32MB")
    options = [word for setting in settings for word in ("-c", setting)]
    command = [programs / "postgres", "-D", folder / "data", *options]
    with running(account, command, folder / "log"):
        try:
            wait_until(lambda: answers(_url(folder)), 60)
        except AssertionError as error:
            error.add_note((folder / "log").read_text())
            raise
        yield


def _run(directory: DataDirectory, *argv: object) -> None:
    done = directory.account.run([str(word) for word in argv], directory.path)
    assert done.returncode == 0, done.stdout


def _url(*folders: Path) -> str:
    """The URL of the first of these servers that is a replica, or else of the last."""
    hosts = "".join(f"&host={quote(str(folder), safe='')}" for folder in folders)
    wanted = "&target_session_attrs=prefer-standby" if len(folders) > 1 else ""
    return f"postgresql://{ROLE}@/postgres?{hosts[1:]}{wanted}"
