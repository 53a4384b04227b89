"""The role of the service: made by `migrate`, it works with all rows and changes no table."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import make_url

from models.database.migrate import NEWEST_REVISION
from tests.integration.commands import Ended, run_process
from tests.integration.models.test_backup import plain, run_tool
from tests.servers.postgres import administrator, fresh_database
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Roles:
    """The URLs of one empty database, by its owner and by the role of the service."""

    owner: str
    service: str
    broker: str
    server: str

    @property
    def role(self) -> str:
        """The name of the role of the service."""
        return str(make_url(self.service).username)

    def migrate(self, **settings: str) -> Ended:
        """What the service `migrate` of Compose does."""
        return run_process(
            "migrate",
            OVERHEARD_DATABASE_URL=self.service,
            OVERHEARD_MIGRATION_DATABASE_URL=self.owner,
            OVERHEARD_DATA="/proc/none",  # no server is started there
            **settings,
        )

    def command(self, *words: str) -> Ended:
        """A command by hand, which never has the owner's URL."""
        return run_process(
            *words, OVERHEARD_DATABASE_URL=self.service, OVERHEARD_BROKER_URL=self.broker
        )

    def connect(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection of the service."""
        return _connect(self.service)

    def connect_owner(self) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection of the role that owns the tables."""
        return _connect(self.owner)


def _connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    plain = make_url(url).set(drivername="postgresql")
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@pytest.fixture(scope="module")
def roles(server_urls: ServerUrls, worker_number: int) -> Iterator[Roles]:
    """A database that `migrate` has made ready for a role with a name that has to be quoted."""
    name = f"Service-role-{worker_number}-{os.getpid()}"
    with (
        administrator(server_urls.database_url) as admin,
        fresh_database(server_urls.database_url, f"roles_{worker_number}") as owner,
    ):
        url = make_url(owner).set(username=name, password="p%w'd")
        service = url.render_as_string(hide_password=False)
        ready = Roles(owner, service, server_urls.broker_url, server_urls.database_url)
        migrated = ready.migrate()
        assert migrated.code == 0, migrated.err
        yield ready
        admin.execute(f"DROP DATABASE roles_{worker_number} WITH (FORCE)".encode())
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_migrate_creates_the_role_and_is_safe_to_repeat(roles: Roles) -> None:
    again = roles.migrate()
    assert again.code == 0, again.err
    with administrator(roles.server) as admin:
        query = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolpassword FROM pg_authid"
        row = admin.execute(f"{query} WHERE rolname = %s".encode(), [roles.role]).fetchone()
    assert row is not None
    assert row[:3] == (False, False, False)
    assert str(row[3]).startswith("SCRAM-SHA-256$")


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE podcast",
        "ALTER TABLE podcast DISABLE TRIGGER ALL",
        "TRUNCATE podcast CASCADE",
        "UPDATE alembic_version SET version_num = '0001'",
        "ALTER SYSTEM SET fsync = off",
        "COPY podcast TO PROGRAM 'id'",
        "CREATE ROLE other SUPERUSER",
    ],
)
def test_the_role_cannot_change_tables_or_the_server(roles: Roles, statement: str) -> None:
    with roles.connect() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_role_suffices_for_commands_that_write(roles: Roles) -> None:
    for words in (
        ("queues", "pause", "poll"),
        ("recount", "--fix"),
        ("status",),
        ("keys", "create", "test"),
    ):
        done = roles.command(*words)
        assert done.code == 0, done.err


def test_the_role_reads_tables_that_come_later(roles: Roles) -> None:
    with roles.connect_owner() as connection:
        connection.execute("CREATE TABLE later (id int GENERATED ALWAYS AS IDENTITY, n int)")
    with roles.connect() as connection:
        connection.execute("INSERT INTO later (n) VALUES (1)")
        assert connection.execute("SELECT n FROM later").fetchone() == (1,)


def test_a_command_does_not_migrate_with_the_role_of_the_service(roles: Roles) -> None:
    with roles.connect_owner() as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0018'")
    try:
        refused = roles.command("status")
    finally:
        with roles.connect_owner() as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", [NEWEST_REVISION])
    assert refused.code == 1
    (line,) = refused.err.splitlines()
    assert "this role may not change it" in line
    assert "OVERHEARD_MIGRATION_DATABASE_URL" in line


def test_the_role_works_with_a_database_that_was_restored(roles: Roles, tmp_path: Path) -> None:
    dump, owner = str(tmp_path / "overheard.dump"), plain(roles.owner)
    run_tool("pg_dump", "--format", "custom", "--file", dump, owner)
    # As docs/operations.md has it.
    flags = ("--clean", "--if-exists", "--single-transaction")
    run_tool("pg_restore", *flags, "--dbname", owner, dump)
    done = roles.command("queues", "resume", "poll")
    assert done.code == 0, done.err
    with roles.connect() as connection, pytest.raises(InsufficientPrivilege):
        connection.execute("DROP TABLE podcast")


def test_a_url_without_a_role_is_refused_in_one_line(roles: Roles) -> None:
    refused = run_process(
        "migrate",
        OVERHEARD_DATABASE_URL=roles.owner.replace("overheard@", ""),
        OVERHEARD_MIGRATION_DATABASE_URL=roles.owner,
    )
    assert refused.code == 2
    assert "names no role" in refused.err


def test_the_index_is_rebuilt_without_a_broker(roles: Roles, tmp_path: Path) -> None:
    rebuilt = run_process(
        "index",
        "rebuild",
        OVERHEARD_DATABASE_URL=roles.service,
        OVERHEARD_SEARCH_INDEX=str(tmp_path / "search"),
        OVERHEARD_DATA="/proc/none",  # the service `search` has no broker, and can start none
    )
    assert rebuilt.code == 0, rebuilt.err
