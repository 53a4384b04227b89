"""After kill -9 of any process, the next command finds all committed data."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests.integration.workers.local.embedded.commands import Command
from tests.integration.workers.local.embedded.test_sharing import postgres_pid, query, valkey_pid
from workers.local.embedded import (
    EmbeddedServerError,
    EmbeddedServers,
    embedded_servers,
    process,
    watch,
)

pytestmark = pytest.mark.slow


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def store(data_dir: Path, value: int) -> None:
    with psycopg.connect(host=str(data_dir / "sockets"), user="overheard") as connection:
        connection.execute("DROP TABLE IF EXISTS stored")
        connection.execute("CREATE TABLE stored (value int)")
        connection.execute("INSERT INTO stored VALUES (%s)", [value])


def test_servers_of_killed_command_are_reused_and_stopped(data_dir: Path) -> None:
    killed = Command(data_dir)
    killed.ready()
    pids = postgres_pid(data_dir), valkey_pid(data_dir)
    killed.kill()
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == pids
    with embedded_servers(data_dir):
        assert (postgres_pid(data_dir), valkey_pid(data_dir)) == pids
    assert (postgres_pid(data_dir), valkey_pid(data_dir)) == (None, None)


def test_killed_postgres_recovers_committed_rows(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        store(data_dir, 7)
        kill(postgres_pid(data_dir))
        # The command that started it is still alive, so without reaping there would be a zombie.
        second = Command(data_dir)
        assert second.ready().startswith("postgresql")
        with psycopg.connect(host=str(data_dir / "sockets"), user="overheard") as connection:
            assert connection.execute("SELECT value FROM stored").fetchall() == [(7,)]
        second.stop()


def test_killed_valkey_recovers_written_keys(data_dir: Path) -> None:
    with embedded_servers(data_dir) as urls:
        redis.Redis.from_url(urls.broker_client_url).set("stored", "7")
        kill(valkey_pid(data_dir))
    with embedded_servers(data_dir) as urls:
        assert redis.Redis.from_url(urls.broker_client_url).get("stored") == b"7"


def test_ensure_running_restarts_dead_servers(data_dir: Path) -> None:
    servers = EmbeddedServers(data_dir)
    urls = servers.start()
    kill(postgres_pid(data_dir))
    kill(valkey_pid(data_dir))
    servers.ensure_running()
    assert query(urls, "SELECT 1") == 1
    assert redis.Redis.from_url(urls.broker_client_url).ping()
    servers.stop()


def test_stale_pid_file_of_another_process_is_ignored(
    data_dir: Path,
) -> None:
    with embedded_servers(data_dir):
        store(data_dir, 7)
        content = (data_dir / "postgres" / "postmaster.pid").read_text()
        kill(postgres_pid(data_dir))
    owner = (data_dir / "postgres").stat()
    other = subprocess.Popen(["sleep", "600"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        for stale in (
            data_dir / "postgres" / "postmaster.pid",
            data_dir / "sockets" / ".s.PGSQL.5432.lock",
        ):
            stale.write_text("\n".join([str(other.pid), *content.splitlines()[1:]]) + "\n")
            os.chown(stale, owner.st_uid, owner.st_gid)
        with embedded_servers(data_dir) as urls:
            assert query(urls, "SELECT value FROM stored") == 7
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_interrupted_initdb_is_started_over(damaged_data_dir: Path) -> None:
    (damaged_data_dir / "postgres").rename(damaged_data_dir / "postgres.unfinished")
    (damaged_data_dir / "postgres.unfinished" / "global" / "pg_control").unlink()
    with embedded_servers(damaged_data_dir, broker=False) as urls:
        assert query(urls, "SELECT 1") == 1


def test_cluster_of_other_major_version_is_refused(
    damaged_data_dir: Path,
) -> None:
    (damaged_data_dir / "postgres" / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(EmbeddedServerError, match=r"created by PostgreSQL 16.*dump it"),
        embedded_servers(damaged_data_dir),
    ):
        pass
    assert valkey_pid(damaged_data_dir) is None


def test_failed_start_reports_end_of_server_log(
    damaged_data_dir: Path,
) -> None:
    (damaged_data_dir / "postgres" / "postgresql.conf").write_text("nonsense = 1\n")
    started_at = time.monotonic()
    with (
        pytest.raises(EmbeddedServerError, match="nonsense"),
        embedded_servers(damaged_data_dir),
    ):
        pass
    assert time.monotonic() - started_at < 10
    assert valkey_pid(damaged_data_dir) is None


def test_large_server_log_is_rotated(data_dir: Path) -> None:
    log = data_dir / "log" / "valkey.log"
    with embedded_servers(data_dir, database=False):
        pass
    log.write_text("x" * 6_000_000)
    with embedded_servers(data_dir, database=False):
        assert log.stat().st_size < 100_000
        assert log.with_suffix(".log.1").stat().st_size == 6_000_000


def test_ctrl_c_does_not_reach_servers(data_dir: Path) -> None:
    with embedded_servers(data_dir):
        pids = [pid for pid in (postgres_pid(data_dir), valkey_pid(data_dir)) if pid]
        assert [os.getsid(pid) for pid in pids] == pids


def write_much(data_dir: Path) -> None:
    """Write what takes a second or so to replay."""
    with psycopg.connect(host=str(data_dir / "sockets"), user="overheard") as connection:
        connection.execute("DROP TABLE IF EXISTS much")
        connection.execute("CREATE TABLE much (n int, text text)")
        rows = "SELECT n, md5(n::text) FROM generate_series(1, 500000) n"
        connection.execute(f"INSERT INTO much {rows}")


def recovering_pid(data_dir: Path) -> int | None:
    """The PostgreSQL server that has begun to start, and is not ready."""
    try:
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return None
    return int(lines[0]) if len(lines) > 7 and lines[7].strip() == "starting" else None


def kill_while_it_recovers(data_dir: Path, killed: list[int], times: int) -> None:
    deadline = time.monotonic() + 120
    while len(killed) < times and time.monotonic() < deadline:
        pid = recovering_pid(data_dir)
        if pid is not None and pid not in killed:
            kill(pid)
            killed.append(pid)
        time.sleep(0.001)


@pytest.fixture
def crashed_data_dir(data_dir: Path) -> Path:
    """Servers that were killed with much to recover."""
    servers = EmbeddedServers(data_dir, broker=False)
    servers.start()
    write_much(data_dir)
    kill(postgres_pid(data_dir))
    servers.stop()
    return data_dir


def test_start_outlives_crashes_during_recovery(crashed_data_dir: Path) -> None:
    killed: list[int] = []
    killer = threading.Thread(target=kill_while_it_recovers, args=(crashed_data_dir, killed, 2))
    killer.start()
    with embedded_servers(crashed_data_dir, broker=False) as urls:
        killer.join()
        assert len(killed) == 2
        assert query(urls, "SELECT count(*) > 2 FROM much") is True


def test_watch_outlives_crashes_during_recovery(crashed_data_dir: Path) -> None:
    with embedded_servers(crashed_data_dir, broker=False):
        pass
    servers = EmbeddedServers(crashed_data_dir, broker=False)
    urls = servers.start()
    write_more = "INSERT INTO much SELECT n, md5(n::text) FROM much"
    with psycopg.connect(host=str(crashed_data_dir / "sockets"), user="overheard") as connection:
        connection.execute(write_more)
        connection.commit()
    kill(postgres_pid(crashed_data_dir))
    killed: list[int] = []
    killer = threading.Thread(target=kill_while_it_recovers, args=(crashed_data_dir, killed, 1))
    killer.start()
    deadline = time.monotonic() + 120
    while killer.is_alive() or postgres_pid(crashed_data_dir) is None:
        assert time.monotonic() < deadline
        servers.watch()
        time.sleep(0.1)
    servers.ensure_running()
    assert len(killed) == 1
    assert query(urls, "SELECT count(*) > 2 FROM much") is True
    servers.stop()


def test_watch_reports_a_failed_start_and_tries_again(
    damaged_data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "RETRY_SECONDS", (0.0,))
    servers = EmbeddedServers(damaged_data_dir, broker=False)
    servers.start()
    kill(postgres_pid(damaged_data_dir))
    version = damaged_data_dir / "postgres" / "PG_VERSION"
    version.write_text("16\n")
    deadline = time.monotonic() + 60
    printed = ""
    while "created by PostgreSQL 16" not in printed:
        assert time.monotonic() < deadline
        servers.watch()
        printed += capsys.readouterr().err
    version.write_text("18\n")
    while postgres_pid(damaged_data_dir) is None:
        assert time.monotonic() < deadline
        servers.watch()
    servers.ensure_running()
    servers.stop()


def test_recovery_takes_as_long_as_it_takes(
    crashed_data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READY_SECONDS", 0.2)
    monkeypatch.setattr(process, "NOTICE_SECONDS", 0.0)
    with embedded_servers(crashed_data_dir, broker=False) as urls:
        assert query(urls, "SELECT count(*) > 2 FROM much") is True
    assert "PostgreSQL recovers its data" in capsys.readouterr().err
