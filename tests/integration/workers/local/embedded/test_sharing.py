"""Several commands use one data directory: one server each, and the last one stops them."""

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


def test_the_urls_work_for_sqlalchemy_celery_and_redis(data_dir: Path) -> None:
    with embedded_servers(data_dir) as urls:
        assert query(urls, "SELECT current_database()") == "overheard"
        with Connection(f"{urls.broker_url}?virtual_host=3") as broker:  # type: ignore[no-untyped-call]
            broker.SimpleQueue("greetings").put("hello")
        client = redis.Redis.from_url(f"{urls.broker_client_url}?db=3")
        assert client.llen("greetings") == 1


def test_the_database_keeps_what_is_promised_about_it(data_dir: Path) -> None:
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
        found = {name: query(urls, f"SHOW {name}") for name in settings}
        lowered = query(urls, "SELECT lower('ÉLODIE ŻÓŁĆ')")
    assert found == settings
    assert lowered == "élodie żółć"


def test_the_broker_keeps_what_is_promised_about_it(data_dir: Path) -> None:
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


def test_nobody_else_can_enter_where_the_sockets_are(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        modes = {path.stat().st_mode & 0o777 for path in data_dir.iterdir()}
    assert modes == {0o700}


def test_what_was_stored_is_there_at_the_next_start(data_dir: Path) -> None:
    with embedded_servers(data_dir) as urls:
        with psycopg.connect(host=str(data_dir / "sockets"), user="overheard") as connection:
            connection.execute("CREATE TABLE answers AS SELECT 42 AS answer")
        redis.Redis.from_url(urls.broker_client_url).set("kept", "42")
    with embedded_servers(data_dir) as urls:
        assert query(urls, "SELECT answer FROM answers") == 42
        assert redis.Redis.from_url(urls.broker_client_url).get("kept") == b"42"


def test_only_the_last_command_stops_the_servers(data_dir: Path) -> None:
    first, second = Command(data_dir), Command(data_dir)
    assert first.ready() == second.ready()
    pids = postgres_pid(data_dir), valkey_pid(data_dir)
    first.leave()
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == pids
    second.leave()
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


def test_many_commands_at_once_come_and_go(data_dir: Path) -> None:
    def use(_: int) -> object:
        with embedded_servers(data_dir) as urls:
            return query(urls, "SELECT 1")

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(use, range(18))) == [1] * 18
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


def test_one_server_can_be_had_without_the_other(data_dir: Path) -> None:
    with embedded_servers(data_dir, broker=False):
        assert postgres_pid(data_dir)
        assert valkey_pid(data_dir) is None
        with embedded_servers(data_dir, database=False):
            assert valkey_pid(data_dir)
    with embedded_servers(data_dir, database=False):
        assert postgres_pid(data_dir) is None


def test_down_stops_servers_that_are_in_use_and_says_whether_any_ran(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    servers.start()
    assert down(data_dir) is True
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)
    assert down(data_dir) is False
    servers.stop()


def test_down_of_a_folder_that_does_not_exist_creates_nothing(tmp_path: Path) -> None:
    assert down(tmp_path / "nowhere") is False
    assert not (tmp_path / "nowhere").exists()
