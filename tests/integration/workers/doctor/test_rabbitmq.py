"""The doctor on a real RabbitMQ: healthy, refusing, blocked, with queues of an older version."""

from collections.abc import Iterator

import pytest
from kombu.connection import Connection

from tests.servers.rabbitmq import Rabbit, rabbitmq
from tests.servers.worker import wait_until
from workers.doctor.broker import check_broker

pytestmark = pytest.mark.slow


def findings(url: str) -> dict[str, tuple[str, str]]:
    """The state and the message of each check."""
    return {found.check: (found.state, found.message) for found in check_broker(url)}


@pytest.fixture(scope="module")
def rabbit() -> Iterator[Rabbit]:
    with rabbitmq(password="very-secret") as server:
        yield server


def test_healthy_rabbitmq_is_ok(rabbit: Rabbit) -> None:
    found = findings(rabbit.url)
    assert {check: state for check, (state, _) in found.items()} == {
        "broker": "ok",
        "broker-queues": "ok",
        "broker-memory": "ok",
    }
    assert "RabbitMQ 3." in found["broker"][1] or "RabbitMQ 4." in found["broker"][1]


def test_queue_of_an_older_version_is_reported(rabbit: Rabbit) -> None:
    with Connection(rabbit.url) as connection:  # type: ignore[no-untyped-call]
        connection.default_channel.queue_declare("parse", durable=True, auto_delete=False)
        try:
            state, message = findings(rabbit.url)["broker-queues"]
        finally:
            connection.default_channel.queue_delete("parse")
    assert (state, "queue parse" in message) == ("problem", True)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("very-secret", "w0rng", "ACCESS_REFUSED"),
        ("//", "//nowhere", "vhost /nowhere not found"),
        ("amqp://", "amqps://", "TLS"),
    ],
)
def test_rabbitmq_that_refuses_is_one_sentence(
    rabbit: Rabbit, old: str, new: str, reason: str
) -> None:
    url = new.join(rabbit.url.rsplit(old, 1))
    ((state, message),) = findings(url).values()
    assert state == "problem"
    assert reason in message or "SSL" in message
    assert "w0rng" not in message
    assert "\n" not in message


def test_alarm_of_rabbitmq_is_reported() -> None:
    with rabbitmq("vm_memory_high_watermark.absolute = 1MB") as rabbit:
        wait_until(lambda: "alarm set" in rabbit.log.read_text())
        state, message = findings(rabbit.url)["broker-memory"]
    assert (state, "alarm" in message) == ("problem", True)
