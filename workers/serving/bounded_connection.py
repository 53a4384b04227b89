"""A connection of the web server that cannot stay open for nothing.

uvicorn has a deadline for idle connections only. Here a request's head has one, too, and so has
what follows an early response, and a client that does not read its response.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from workers.serving.connection_limits import ConnectionLimits

# From the first byte, or the end of the response before, to the end of a request's head.
HEAD_SECONDS = 10.0
# How long a client may read nothing of a response that fills its buffers.
STALL_SECONDS = 30.0

_REQUEST_TIMEOUT = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


class BoundedConnection(H11Protocol):
    """uvicorn's connection with deadlines; ``limits`` is set by ``bounded``."""

    limits: ConnectionLimits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._network: str | None = None

    @property
    def is_serving(self) -> bool:
        """Whether a request is being answered, so that the connection is of use."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Admit the connection, or close it at once with 503."""
        super().connection_made(transport)
        self._network = self.limits.admit(self, self.client[0] if self.client else "")
        if self._network is None:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._start("head", HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection and its deadlines."""
        for name in tuple(self._timers):
            self._stop(name)
        if self._network is not None:
            self.limits.release(self, self._network)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a whole head ends its deadline, other bytes do not."""
        if not self.transport.is_closing():
            super().data_received(data)
            if self.is_serving:
                self._stop("head")

    def on_response_complete(self) -> None:
        """The next head has its deadline from here on, whatever trickles in meanwhile."""
        self._start("head", HEAD_SECONDS)
        super().on_response_complete()
        if self.is_serving:  # the next request was there already
            self._stop("head")

    def pause_writing(self) -> None:
        """The client does not keep up: it has a while to read on."""
        super().pause_writing()
        self._start("stall", STALL_SECONDS)

    def resume_writing(self) -> None:
        """The client reads again."""
        self._stop("stall")
        super().resume_writing()

    def give_way(self) -> None:
        """Close the connection, on which no request is being answered, for a new one."""
        self._end(_TOO_MANY)

    def _start(self, name: str, seconds: float) -> None:
        self._stop(name)
        late = self._late_head if name == "head" else self.transport.abort
        self._timers[name] = self.loop.call_later(seconds, late)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()

    def _late_head(self) -> None:
        self._end(_REQUEST_TIMEOUT)

    def _end(self, last_words: bytes) -> None:
        """Hang up; say why where half a request came, to which no response was sent."""
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self.transport.write(last_words)
        self.transport.close()


def bounded(limits: ConnectionLimits) -> type[BoundedConnection]:
    """The class of a server's connections, which share these limits."""
    return type("LimitedConnection", (BoundedConnection,), {"limits": limits})
