"""A publisher's server for measuring pollers: fast, with validators, and slow on request.

`python -m benchmarks.publisher` listens on every loopback address and prints its port: each
address (127.0.0.1, 127.0.0.2 …) is a host of its own to a poller. Those from 127.9.0.0 on answer
late. `/parallel` tells the most requests that any one host saw at once.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.generated_feeds import generated_feed

EPISODES, BODIES = 5, 40
SLOW_SECONDS = 0.1

_SLOW = "127.9."
_NUMBER = re.compile(rb"/(\d+)\.xml ")
_NOT_MODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
_HEAD = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: "1"\r\n'
    b"Content-Length: %d\r\n\r\n"
)


def host(number: int, *, slow: bool = False) -> str:
    """One of the IP addresses that the server listens on."""
    return f"{_SLOW}0.{number + 1}" if slow else f"127.0.{number // 250}.{number % 250 + 1}"


@contextmanager
def publisher() -> Iterator[int]:
    """Run the server in a process of its own; yields its port."""
    command = [sys.executable, "-m", "benchmarks.publisher"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


class _Served(asyncio.Protocol):
    """A connection: any path is a feed, and unchanged for clients that have seen it."""

    bodies: tuple[bytes, ...] = ()
    most: Counter[str] = Counter()  # noqa: RUF012  of the whole server
    _now: Counter[str] = Counter()  # noqa: RUF012

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = transport.get_extra_info("sockname")[0]
        self._slow = self._host.startswith(_SLOW)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"GET /parallel"):
            body = json.dumps(self.most).encode()
            self._transport.write(_HEAD % len(body) + body)
            return
        self._now[self._host] += 1
        self.most[self._host] = max(self.most[self._host], self._now[self._host])
        if self._slow:
            asyncio.get_running_loop().call_later(SLOW_SECONDS, self._answer, data)
        else:
            self._answer(data)

    def _answer(self, data: bytes) -> None:
        self._now[self._host] -= 1
        if b"If-None-Match" in data:
            self._transport.write(_NOT_MODIFIED)
        else:
            number = int(_NUMBER.search(data)[1])  # type: ignore[index]
            body = self.bodies[number % BODIES]
            self._transport.write(_HEAD % len(body) + body)


async def _serve() -> None:
    _Served.bodies = tuple(
        generated_feed(number, EPISODES, transcripts=False) for number in range(BODIES)
    )
    server = await asyncio.get_running_loop().create_server(_Served, "0.0.0.0", 0)  # noqa: S104
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
