"""kombu's Redis transport, in which garbage does not end a worker, nor a lost answer silence it.

Anybody may `LPUSH` into a queue (docs/operations.md does), and kombu raises whatever it meets in
the worker's main loop. Importing this module registers the transport for redis:// and rediss://.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.transport import redis as kombu_redis

LOGGED_CHARACTERS = 500

log = structlog.get_logger()


class NoMessage(ValueError):
    """An element of a queue is not a message of kombu's protocol."""


def read_message(element: bytes) -> dict[str, Any]:
    """Decode an element of a queue.

    Raises:
        NoMessage: it is no JSON object, or lacks what every message has.
    """
    try:
        message = json.loads(element)
        if not isinstance(message["body"], str):
            raise NoMessage("its body is no text")
        message["properties"]["delivery_info"], message["properties"]["delivery_tag"]
    except (ValueError, TypeError, KeyError) as error:
        raise NoMessage(f"{type(error).__name__}: {error}") from error
    return dict(message)


class QoS(kombu_redis.QoS):
    """Frees the place of a message whose acknowledgement was lost, as the server may be away.

    A worker takes as many messages as it has processes. kombu counts such a message for ever: a
    worker of one process would take no other, and say nothing. The server delivers it again.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        with self._freeing(delivery_tag):
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or drop it."""
        with self._freeing(delivery_tag):
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]

    @contextmanager
    def _freeing(self, delivery_tag: str) -> Iterator[None]:
        try:
            yield
        except self.channel.connection_errors:
            virtual.QoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise


class Channel(kombu_redis.Channel):
    """A channel that puts aside what is no message, with a log event."""

    QoS = QoS

    def _brpop_read(self, **options: Any) -> bool:
        try:
            queue, element = self._taken_element(**options)
            try:
                message = read_message(element)
            except NoMessage as error:
                text = element[:LOGGED_CHARACTERS].decode(errors="replace")
                log.warning("message_refused", queue=queue, error=str(error), message=text)
            else:
                self.connection._deliver(message, queue)  # noqa: SLF001  as kombu does
            return True
        finally:
            self._in_poll = None  # type: ignore[assignment]  # as kombu does
            self._flush_brpop_reauth()  # type: ignore[no-untyped-call]

    def _taken_element(self, **options: Any) -> tuple[str, bytes]:
        """The queue's name and the element that BRPOP took from it; raises `Empty`."""
        try:
            taken = self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        if not taken:
            raise Empty
        queue = taken[0].decode().rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        return queue, taken[1]


class Transport(kombu_redis.Transport):
    """The transport with that channel."""

    Channel = Channel


for _scheme in ("redis", "rediss"):
    TRANSPORT_ALIASES[_scheme] = f"{__name__}:Transport"
