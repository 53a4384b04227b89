"""A worker whose acknowledgement is lost with its broker takes other messages afterwards."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from kombu.connection import Connection
from kombu.message import Message

import workers.worker.redis_transport  # noqa: F401  registers the transport

PAUSE_MS, SOCKET_TIMEOUT = 600, 0.2
# What Celery catches where a message is acknowledged, and then logs.
LOST = Connection("redis://").connection_errors  # type: ignore[no-untyped-call]


@pytest.fixture
def channel(broker: "redis.Redis", broker_url: str) -> Iterator[Any]:
    """A channel that takes one message at a time, from a queue that has one."""
    del broker
    options = {"socket_timeout": SOCKET_TIMEOUT, "global_keyprefix": "lost:"}
    with Connection(broker_url, transport_options=options) as connection:  # type: ignore[no-untyped-call]
        with connection.SimpleQueue("lost") as queue:
            queue.put("a message")
        channel = connection.channel()
        channel.basic_qos(0, 1, False)
        yield channel


@pytest.mark.parametrize("answer", [Message.ack, Message.reject, Message.requeue])
def test_lost_answer_frees_the_place_of_its_message(
    channel: Any, broker: "redis.Redis", answer: Callable[[Message], None]
) -> None:
    message = channel.basic_get("lost")
    assert not channel.qos.can_consume()
    broker.client_pause(PAUSE_MS)
    with pytest.raises(LOST):
        answer(message)
    assert channel.qos.can_consume()
