"""The broker: one exception for every way in which a connection fails, and queue lengths."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
from amqp.exceptions import AMQPError
from celery import Celery
from kombu.exceptions import OperationalError


class BrokerUnavailable(OperationalError):
    """The broker cannot be reached, or it ended the connection."""


# Errors of a connection, and no others: the operating system's are about files, too.
_CONNECTION_ERRORS = (OperationalError, AMQPError, redis.ConnectionError, redis.TimeoutError)


def is_broker_error(error: BaseException) -> bool:
    """Whether an error says that the broker's connection failed."""
    return isinstance(error, _CONNECTION_ERRORS)


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise `BrokerUnavailable` for every error of the broker's connection in the block.

    kombu translates most of them, but errors of the Redis and AMQP clients and of sockets pass
    through where a channel is used directly. Nothing else of ours names kombu's exceptions.
    """
    try:
        yield
    except (OperationalError, AMQPError, redis.RedisError, OSError) as error:
        raise BrokerUnavailable(str(error) or "it does not answer") from error


def queue_length(app: Celery, queue: str) -> int:
    """Return the number of messages in a queue; raises `BrokerUnavailable`."""
    with broker_errors(), app.producer_pool.acquire(block=True, timeout=10) as producer:
        return _declare(app, producer.channel, queue)


def _declare(app: Celery, channel: Any, name: str) -> int:
    """Declare a queue as workers do, since RabbitMQ refuses other arguments; its messages."""
    queue = app.amqp.queues.get(name)
    priorities = {"max_priority": queue.max_priority} if queue else {}
    arguments = channel.prepare_queue_arguments({}, **priorities)
    declared = channel.queue_declare(name, durable=True, auto_delete=False, arguments=arguments)
    return int(declared.message_count)
