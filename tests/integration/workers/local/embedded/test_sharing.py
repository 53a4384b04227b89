"""Several commands share the servers of a data directory, and the last one stops them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy
from kombu.connection import Connection

from tests.integration.workers.local.embedded.commands import Command
from workers.local.embedded import EmbeddedServers, ServerUrls, down, embedded_servers
from workers.local.embedded.process import listener_pid

pytestmark = pytest.mark.slow


def postgres_pid(data_dir: Path) -> int | None:
    return listener_pid(data_dir / "sockets" / ".s.PGSQL.5432")


def valkey_pid(data_dir: Path) -> int | None:
    return listener_pid(data_dir / "sockets" / "valkey.sock")


def query(urls: ServerUrls, statement: str) -> object:
    engine = sqlalchemy.create_engine(urls.database_url, poolclass=sqlalchemy.NullPool)
    with engine.begin() as connection:
        return connection.exec_driver_sql(statement).scalar()


def test_urls_work_for_sqlalchemy_celery_and_redis(data_dir: Path) -> None:
    with embedded_servers(data_dir) as urls:
        assert query(urls, "SELECT current_database()") == "overheard"
        with Connection(f"{urls.broker_url}?virtual_host=3") as broker:  # type: ignore[no-untyped-call]
            broker.SimpleQueue("greetings").put("hello")
        client = redis.Redis.from_url(f"{urls.broker_client_url}?db=3")
        assert client.llen("greetings") == 1


def test_database_has_documented_settings(data_dir: Path) -> None:
    settings = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "autovacuum": "on",
        "listen_addresses": "",
        "max_connections": "200",
        "TimeZone": "UTC",
    }
    with embedded_servers(data_dir) as urls:
        actual = {name: query(urls, f"SHOW {name}") for name in settings}
        lowered = query(urls, "SELECT lower('ÉLODIE ŻÓŁĆ')")
    assert actual == settings
    assert lowered == "élodie żółć"


def test_broker_has_documented_settings(data_dir: Path) -> None:
    settings = {
        "port": "0",
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory-policy": "noeviction",
        "save": "",
    }
    with embedded_servers(data_dir) as urls:
        client = redis.Redis.from_url(urls.broker_client_url, decode_responses=True)
        assert {name: client.config_get(name)[name] for name in settings} == settings


def test_socket_directories_are_private(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        modes = {path.stat().st_mode & 0o777 for path in data_dir.iterdir()}
    assert modes == {0o700}


def test_stored_data_survives_restart(data_dir: Path) -> None:
    with embedded_servers(data_dir) as urls:
        with psycopg.connect(host=str(data_dir / "sockets"), user="overheard") as connection:
            connection.execute("CREATE TABLE answers AS SELECT 42 AS answer")
        redis.Redis.from_url(urls.broker_client_url).set("stored", "42")
    with embedded_servers(data_dir) as urls:
        assert query(urls, "SELECT answer FROM answers") == 42
        assert redis.Redis.from_url(urls.broker_client_url).get("stored") == b"42"


def test_last_command_stops_servers(data_dir: Path) -> None:
    first, second = Command(data_dir), Command(data_dir)
    assert first.ready() == second.ready()
    pids = postgres_pid(data_dir), valkey_pid(data_dir)
    first.stop()
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == pids
    second.stop()
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


def test_many_concurrent_commands_share_servers(data_dir: Path) -> None:
    def use(_: int) -> object:
        with embedded_servers(data_dir) as urls:
            return query(urls, "SELECT 1")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(use, range(18))) == [1] * 18
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


def test_each_server_can_run_without_the_other(data_dir: Path) -> None:
    with embedded_servers(data_dir, broker=False):
        assert postgres_pid(data_dir)
        assert valkey_pid(data_dir) is None
        with embedded_servers(data_dir, database=False):
            assert valkey_pid(data_dir)
    with embedded_servers(data_dir, database=False):
        assert postgres_pid(data_dir) is None


def test_down_stops_used_servers_and_reports_them(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    servers.start()
    assert down(data_dir) is True
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)
    assert down(data_dir) is False
    servers.stop()


def test_down_of_missing_directory_creates_nothing(tmp_path: Path) -> None:
    assert down(tmp_path / "nowhere") is False
    assert not (tmp_path / "nowhere").exists()
