"""The broker: one exception for every way in which a connection fails, and queue lengths."""

from collections.abc import Iterator
from contextlib import contextmanager

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
        raise BrokerUnavailable(str(error)) from error


def queue_length(app: Celery, queue: str) -> int:
    """Return the number of messages in a queue; raises `BrokerUnavailable`."""
    with broker_errors(), app.producer_pool.acquire(block=True, timeout=10) as producer:
        declared = producer.channel.queue_declare(queue, durable=True, auto_delete=False)
        return int(declared.message_count)
