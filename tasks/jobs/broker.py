"""Broker errors: one exception for every way in which a broker connection can fail."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis
from kombu.exceptions import OperationalError


class BrokerUnavailable(OperationalError):
    """The broker cannot be reached, or it ended the connection."""


@contextmanager
def broker_errors() -> Iterator[None]:
    """Raise `BrokerUnavailable` for every error of the broker's connection in the block.

    kombu translates most of them, but errors of the Redis client and of sockets pass through where
    a channel is used directly.
    """
    try:
        yield
    except (OperationalError, redis.RedisError, OSError) as error:
        raise BrokerUnavailable(str(error)) from error
