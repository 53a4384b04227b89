"""`overheard migrate` beside a database that comes later."""

import os
import subprocess
import sys

import pytest

from tests.integration.commands import run_process
from tests.servers.postgres import administrator, fresh_database
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow


def allow_connections(server_url: str, name: str, allowed: bool) -> None:
    with administrator(server_url) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())


def test_migrate_waits_for_a_database_that_starts_later(
    server_urls: ServerUrls, worker_number: int
) -> None:
    name = f"later_{worker_number}"
    with fresh_database(server_urls.database_url, name) as database_url:
        allow_connections(server_urls.database_url, name, False)
        command = [sys.executable, "-m", "workers.cli", "migrate", "--wait", "60"]
        environment = os.environ | {"OVERHEARD_DATABASE_URL": database_url}
        with subprocess.Popen(
            command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as migrating:
            assert migrating.stderr
            assert migrating.stdout
            assert migrating.stderr.readline().startswith("waiting for the database: ")
            allow_connections(server_urls.database_url, name, True)
            assert migrating.wait(60) == 0
            assert migrating.stdout.read().startswith("schema new -> ")


def test_migrate_without_waiting_fails_at_once() -> None:
    failed = run_process("migrate", OVERHEARD_DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/none")
    assert failed.code == 1
    assert "waiting" not in failed.err
