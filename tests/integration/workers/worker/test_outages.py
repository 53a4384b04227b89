"""What a log says of an outage: one line when it begins, one when it ends, counts between."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
import redis
from celery import Celery
from sqlalchemy import create_engine, text

from models.database import in_transaction
from models.database.migrate import migrate
from tests.servers.postgres import fresh_database
from tests.servers.valkeys import valkey
from tests.servers.worker import wait_until, worker_process
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow

# How often Celery sends `worker-heartbeat`.
HEARTBEAT_SECONDS = 2


def lines(log: Path) -> list[dict[str, Any]]:
    """All lines of a log; each must be JSON."""
    return [json.loads(line) for line in log.read_text().splitlines()]


def events(log: Path, name: str) -> list[dict[str, Any]]:
    return [line for line in lines(log) if line["event"] == name]


NEEDS_DATABASE = "overheard.jobs.sweep"
NEEDS_NOTHING = "overheard.speech.request_due_episodes"  # while no audio is transcribed


def send(url: str, *names: str) -> None:
    """Send these tasks, as beat does."""
    sender = Celery(broker=url)
    sender.conf.broker_transport_options = {"global_keyprefix": "overheard:"}
    for name in names:
        sender.send_task(name, queue="ops")
    sender.close()


def test_worker_says_what_it_serves_first_and_that_it_ended_last(
    database: str, tmp_path: Path
) -> None:
    del database
    log = tmp_path / "log"
    with valkey() as broker:
        environment: dict[str, Any] = {
            "OVERHEARD_BROKER_URL": broker,
            "OVERHEARD_LOG_FORMAT": "json",
        }
        words = ("--queues", "parse,ops", "--concurrency", "1", "--name", "w1")
        with worker_process(*words, log=log, **environment) as process:
            wait_until(lambda: events(log, "worker_started"))
            wait_until(lambda: "ready" in log.read_text())
            os.kill(process.pid, signal.SIGTERM)
            process.wait(60)
    first, last = lines(log)[0], lines(log)[-1]
    assert first["event"] == "worker_started"
    assert (first["queues"], first["concurrency"]) == ("parse,ops", 1)
    assert first["version"]
    assert first["database"].startswith("postgresql")
    assert last["event"] == "worker_stopped"


def test_wrong_database_password_is_one_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with valkey() as broker:
        environment: dict[str, Any] = {
            "OVERHEARD_BROKER_URL": broker,
            "OVERHEARD_DATABASE_URL": "postgresql://ann:wr0ng@127.0.0.1:1/none",
            "OVERHEARD_LOG_FORMAT": "json",
        }
        with worker_process("--queues", "ops", "--concurrency", "1", log=log, **environment):
            wait_until(lambda: "ready" in log.read_text())
            send(broker, *[NEEDS_DATABASE] * 6)
            wait_until(lambda: redis_length(broker) == 0)
            wait_until(lambda: events(log, "server_unavailable"))
    found = events(log, "server_unavailable")
    assert 1 <= len(found) <= 2  # the main process, and the process of its pool
    assert {line["server"] for line in found} == {"database"}
    assert "Traceback" not in log.read_text()
    assert "wr0ng" not in log.read_text()


def redis_length(url: str) -> int:
    client = redis.Redis(unix_socket_path=url.removeprefix("redis+socket://"))
    return int(client.llen("overheard:ops"))


def test_outage_of_the_database_is_two_lines(
    server_urls: ServerUrls, worker_number: int, database: str, tmp_path: Path
) -> None:
    del database
    log = tmp_path / "log"
    with (
        valkey() as broker,
        fresh_database(server_urls.database_url, f"out_{worker_number}") as url,
    ):
        name = url.rpartition("/")[2].partition("?")[0]
        environment: dict[str, Any] = {
            "OVERHEARD_BROKER_URL": broker,
            "OVERHEARD_DATABASE_URL": url,
            "OVERHEARD_LOG_FORMAT": "json",
        }
        migrate(create_engine(url))
        with worker_process("--queues", "ops", "--concurrency", "1", log=log, **environment):
            wait_until(lambda: "ready" in log.read_text())
            allow(name, "false")
            send(broker, *[NEEDS_DATABASE, NEEDS_NOTHING] * 3)
            wait_until(lambda: events(log, "server_unavailable"))
            wait_until(lambda: redis_length(broker) == 0)
            allow(name, "true")

            def sent_and_back() -> bool:
                send(broker, NEEDS_DATABASE)
                return bool(events(log, "server_available"))

            wait_until(sent_and_back)
    assert len(events(log, "server_unavailable")) == 1
    (end,) = events(log, "server_available")
    assert end["failures"] >= 1
    assert "Traceback" not in log.read_text()


def allow(name: str, connections: str) -> None:
    """Let the server take connections to a database, or end and refuse them."""

    def run(session: Any) -> None:
        connection = session.connection()
        connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {connections}")
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )

    in_transaction(run)


def test_outage_of_the_broker_is_two_lines(database: str, tmp_path: Path) -> None:
    del database
    log = tmp_path / "log"
    with worker_and_its_broker(log) as (_, client):
        shut_out(client)
        wait_until(lambda: events(log, "server_unavailable"))
        client.config_set("requirepass", "")
        wait_until(lambda: events(log, "server_available"))
    assert [line["server"] for line in events(log, "server_unavailable")] == ["broker"]
    assert [line for line in events(log, "library") if line["level"] == "warning"] == []
    assert "Traceback" not in log.read_text()


def test_outage_that_a_heartbeat_meets_first_is_logged(database: str, tmp_path: Path) -> None:
    del database
    log = tmp_path / "log"
    with worker_and_its_broker(log) as (worker, client):
        os.kill(worker.pid, signal.SIGSTOP)
        wait_until(lambda: last_commands(client)["publish"] > HEARTBEAT_SECONDS)
        shut_out(client)
        os.kill(worker.pid, signal.SIGCONT)
        wait_until(lambda: events(log, "server_unavailable"))
        os.kill(worker.pid, signal.SIGTERM)
        worker.wait(60)
    assert lines(log)[-1]["event"] == "worker_stopped"


@contextmanager
def worker_and_its_broker(log: Path) -> Iterator[tuple[Popen[bytes], redis.Redis]]:
    """A worker that is ready and reads its queue, and a client of its broker."""
    with valkey() as broker:
        client = redis.Redis(unix_socket_path=broker.removeprefix("redis+socket://"))
        environment: dict[str, Any] = {
            "OVERHEARD_BROKER_URL": broker,
            "OVERHEARD_LOG_FORMAT": "json",
        }
        words = ("--queues", "ops", "--concurrency", "1")
        with worker_process(*words, log=log, **environment) as worker:
            wait_until(lambda: "ready" in log.read_text())
            wait_until(lambda: "brpop" in last_commands(client))
            wait_until(lambda: "publish" in last_commands(client))
            yield worker, client


def last_commands(client: redis.Redis) -> dict[str, int]:
    """The last command of each connection, and the seconds since then."""
    found: list[dict[str, str]] = client.client_list()
    return {each["cmd"]: int(each["idle"]) for each in found}


def shut_out(client: redis.Redis) -> None:
    """End all other connections, and let nobody in who has no password."""
    client.config_set("requirepass", "another")
    client.auth("another")
    client.client_kill_filter(_type="normal", skipme=True)
