"""Anonymous clients that flood the pages in every way at once; tests start it as a process."""

import asyncio
import itertools
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CONNECTIONS = 200
_PATIENCE = 30.0


@dataclass
class Flood:
    """Where it goes, how long it lasts, and what came back, by kind and status."""

    host: str
    port: int
    seconds: float
    artwork: int
    numbers: Iterator[int] = field(default_factory=itertools.count)
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    async def run(self) -> None:
        """Keep all connections busy until the time is over."""
        kinds = itertools.cycle(KINDS)
        clients = [self._client(next(kinds)) for _ in range(CONNECTIONS)]
        tasks = [asyncio.create_task(client) for client in clients]
        await asyncio.sleep(self.seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _client(self, kind: "Kind") -> None:
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    status = await self._send(kind(self))
            except (OSError, TimeoutError):
                status = "closed"
            except asyncio.CancelledError:
                self.seen[kind.__name__, "unanswered"] += 1
                raise
            self.seen[kind.__name__, status] += 1

    async def _send(self, request: bytes) -> str:
        """Send a request on a connection of its own; the status, if one comes."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            await writer.drain()
            line = await reader.readline()
            while await reader.read(65_536):
                pass
            return line[9:12].decode("latin-1")
        finally:
            writer.close()


Kind = Callable[[Flood], bytes]


def _post(path: str, body: bytes, kind: str, length: int | None = None) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nConnection: close\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body


def bodies(_: Flood) -> bytes:
    """A file of 1.5 GB where none is expected."""
    start = b"--x\r\nContent-Disposition: form-data; name=f; filename=f\r\n\r\n" + b"x" * 200_000
    return _post("/sign-in", start, "multipart/form-data; boundary=x", 1_500_000_000)


def slow_bodies(_: Flood) -> bytes:
    """A form that never comes."""
    return _post("/sign-in", b"name=", "application/x-www-form-urlencoded", 1000)


def artwork(flood: Flood) -> bytes:
    """Artwork that nobody has seen, of a slow publisher."""
    number = next(flood.numbers) % flood.artwork + 1
    return (
        f"GET /artwork/podcasts/{number} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )


def halves(_: Flood) -> bytes:
    """Half a request."""
    return b"GET /people HTTP/1.1\r\nHost: x\r\nX-Half: "


def keys(flood: Flood) -> bytes:
    """A wrong API key."""
    key = f"ohk_{next(flood.numbers):08x}_{os.urandom(8).hex()}"
    head = f"GET /api/v1/people HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode()


def sign_ins(flood: Flood) -> bytes:
    """A guess at the owner's password, from everywhere."""
    body = f"name=Ada&password=guess{next(flood.numbers)}".encode()
    return _post("/sign-in", body, "application/x-www-form-urlencoded").replace(
        b"Host: x\r\n", _from_anywhere()
    )


def adding(flood: Flood) -> bytes:
    """A list that is slow to parse."""
    part = b'--x\r\nContent-Disposition: form-data; name="opml"; filename="f"\r\n\r\n'
    body = part + b"<!DOCTYPE " * 20_000 + b"\r\n--x--\r\n"
    del flood
    return _post("/add", body, "multipart/form-data; boundary=x").replace(
        b"Host: x\r\n", _from_anywhere()
    )


def _from_anywhere() -> bytes:
    """A client behind the proxy, which is another one each time."""
    return f"Host: x\r\nX-Forwarded-For: 2001:db8:{os.urandom(2).hex()}::1\r\n".encode()


KINDS: tuple[Kind, ...] = (bodies, slow_bodies, artwork, halves, keys, sign_ins, adding)


def main() -> None:
    """Flood the URL given for so many seconds, and print what came back."""
    url, seconds, count = sys.argv[1:]
    parts = urlsplit(url)
    flood = Flood(parts.hostname or "", parts.port or 0, float(seconds), int(count))
    asyncio.run(flood.run())
    for (kind, status), number in sorted(flood.seen.items()):
        print(kind, status, number)


if __name__ == "__main__":
    main()
