"""A broker that goes away between two uses: one exception everywhere, and no work is lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from amqp.exceptions import RecoverableConnectionError
from kombu.exceptions import OperationalError

import tasks.polling.tasks
from models.database import in_transaction
from tasks.jobs.broker import BrokerUnavailable, broker_errors, queue_length
from tasks.jobs.publisher import publish_waiting_jobs
from tests.factories import NOW, add_podcast, one
from tests.servers.valkeys import valkey
from workers.celery_app import QUEUES, app
from workers.local.processes import responding_workers
from workers.worker.readiness import broker_failure

ROOT = Path(__file__).parents[4]


@pytest.fixture
def dead_broker(database: str, broker: object, broker_url: str) -> Iterator[None]:
    """A broker to which this process is connected, and which was killed a moment ago."""
    del database, broker
    with valkey() as url:
        app.conf.broker_url = url
        app._after_fork()
        assert [queue_length(app, queue) for queue in QUEUES] == [0, 0, 0, 0]
        assert broker_failure() is None
    yield
    app.conf.broker_url = broker_url
    app._after_fork()


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("x"),
        redis.ConnectionError("x"),
        redis.ResponseError("x"),
        ConnectionResetError("x"),
        RecoverableConnectionError("x"),
    ],
)
def test_broker_errors_of_all_libraries_become_one(error: Exception) -> None:
    with pytest.raises(BrokerUnavailable), broker_errors():
        raise error


@pytest.mark.usefixtures("dead_broker")
def test_broker_that_went_away_loses_no_claim_and_no_job() -> None:
    in_transaction(add_podcast, due=NOW)
    tasks.polling.tasks.poll_due_feeds()
    assert publish_waiting_jobs() == 0
    assert one("SELECT count(*) FROM crawl WHERE claim_token IS NULL") == 1


@pytest.mark.usefixtures("dead_broker")
def test_broker_that_went_away_is_no_crash_for_readers() -> None:
    assert responding_workers() == []
    assert str(broker_failure()).startswith("the broker: ")
    with pytest.raises(BrokerUnavailable):
        queue_length(app, "parse")


def test_only_the_broker_module_names_errors_of_its_clients() -> None:
    names = re.compile(r"kombu\.exceptions|redis\.\w*Error|amqp\.exceptions")
    found = {
        str(path.relative_to(ROOT))
        for package in ("tasks", "workers", "web")
        for path in (ROOT / package).rglob("*.py")
        if names.search(path.read_text())
    }
    # These talk to a server itself, with a client of their own.
    assert found == {
        "tasks/jobs/broker.py",
        "workers/doctor/broker.py",
        "workers/doctor/rabbitmq.py",
        "workers/local/embedded/valkey.py",
    }
