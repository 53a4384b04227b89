"""A web server on loopback with scripted responses and faults; it records its requests."""

import asyncio
import contextlib
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

import pytest

from tests.servers.answers import Answer


@dataclass(frozen=True, slots=True)
class Seen:
    """One received request; header names are lower case. ``connection`` counts from 1."""

    method: str
    path: str
    headers: dict[str, str]
    connection: int


Script = Callable[[Seen], Answer]


class FaultServer:
    """Serves scripted responses from its own thread; a context manager.

    ``serve`` may be called while it runs. ``requests``, ``connections`` and ``max_parallel`` record
    what it received. Paths without a script give 404. With a ``greeting`` it sends that and closes
    the connection, like a server of another protocol.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        greeting: bytes | None = None,
    ) -> None:
        self.host = host
        self.port = 0
        self.connections = 0
        self.requests: list[Seen] = []
        self.max_parallel: defaultdict[str, int] = defaultdict(int)
        self._parallel: defaultdict[str, int] = defaultdict(int)
        self._tls = tls
        self._greeting = greeting
        self._scripts: dict[str, Script] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fault-server", daemon=True)
        self._started = threading.Event()
        self._stop = asyncio.Event()

    def __enter__(self) -> "FaultServer":
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def serve(self, path: str, *answers: Answer) -> str:
        """Serve ``answers`` at ``path`` in turn, then the last one again; return the URL."""
        turns = _repeating_last(answers)
        return self.serve_by(path, lambda _: next(turns))

    def serve_by(self, path: str, script: Script) -> str:
        """Serve at ``path`` what ``script`` returns for each request; return the URL."""
        self._scripts[path] = script
        return self.url(path)

    def url(self, path: str = "/", host: str | None = None) -> str:
        """Return the URL of ``path``, with another host name for this server if given."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host or own}:{self.port}{path}"

    def seen(self, path: str) -> list[Seen]:
        """Return the requests for ``path`` in their order."""
        return [request for request in self.requests if request.path == path]

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._own_loop) as runner:
            runner.run(self._serve())

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, self.host, 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        async with server:
            await self._stop.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = self.connections
        if self._greeting is not None:
            writer.write(self._greeting)
            writer.close()
            return
        with contextlib.suppress(
            ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError
        ):
            while await self._exchange(reader, writer, connection):
                pass
        writer.close()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> bool:
        """Serve one request; return whether the connection can be reused."""
        seen = _request(await reader.readuntil(b"\r\n\r\n"), connection)
        self.requests.append(seen)
        # What is not read would be taken for the next request of the connection.
        await reader.readexactly(int(seen.headers.get("content-length") or 0))
        script = self._scripts.get(seen.path)
        answer = script(seen) if script else Answer(404)
        with self._counted(seen.path):
            return await _Reply(reader, writer, answer, seen).send()

    @contextlib.contextmanager
    def _counted(self, path: str) -> Iterator[None]:
        for key in ("", path):  # "" counts all paths
            self._parallel[key] += 1
            self.max_parallel[key] = max(self.max_parallel[key], self._parallel[key])
        try:
            yield
        finally:
            for key in ("", path):
                self._parallel[key] -= 1


@pytest.fixture
def fault_server() -> Iterator[FaultServer]:
    """Run a fault server for one test."""
    with FaultServer() as server:
        yield server


@dataclass
class _Reply:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    answer: Answer
    seen: Seen

    async def send(self) -> bool:
        answer = self.answer
        await asyncio.sleep(answer.delay_seconds)
        if answer.hang:
            await self.reader.read()  # ends when the client gives up
            return False
        if answer.reset:
            self._reset()
            return False
        if answer.raw is not None:
            self.writer.write(answer.raw)
            await self.writer.drain()
            return False
        return await self._send_http()

    async def _send_http(self) -> bool:
        answer, unchanged = self.answer, _is_unchanged(self.answer, self.seen)
        body = b"" if unchanged else answer.body
        self.writer.write(_head(answer, 304 if unchanged else answer.status, len(body)))
        await self._send_body(body if answer.drop_after is None else body[: answer.drop_after])
        broken = answer.drop_after is not None or answer.content_length is not None
        return not broken and not answer.no_length

    async def _send_body(self, body: bytes) -> None:
        answer, step = self.answer, self.answer.piece_bytes or max(len(body), 1)
        for start in range(0, len(body), step):
            piece = body[start : start + step]
            self.writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.chunked else piece)
            await self.writer.drain()
            await asyncio.sleep(answer.piece_seconds)
        if answer.chunked and answer.drop_after is None:
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def _reset(self) -> None:
        linger = struct.pack("ii", 1, 0)  # closing now sends RST instead of FIN
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()


def _repeating_last(answers: tuple[Answer, ...]) -> Iterator[Answer]:
    yield from answers
    while True:
        yield answers[-1]


def _request(head: bytes, connection: int) -> Seen:
    request_line, *fields = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    pairs = (field.partition(":") for field in fields)
    return Seen(method, path, {name.lower(): value.strip() for name, _, value in pairs}, connection)


def _is_unchanged(answer: Answer, seen: Seen) -> bool:
    """Whether the client has this response already; If-None-Match decides (RFC 9110, 13.2.2)."""
    etag_field = seen.headers.get("if-none-match")
    if etag_field is not None:
        return answer.etag is not None and answer.etag in etag_field
    since = seen.headers.get("if-modified-since")
    return since is not None and since == answer.last_modified


def _head(answer: Answer, status: int, length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {_phrase(status)}", *_framing(answer, status, length)]
    validators = {"ETag": answer.etag, "Last-Modified": answer.last_modified}
    lines += [f"{name}: {value}" for name, value in validators.items() if value is not None]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _framing(answer: Answer, status: int, length: int) -> list[str]:
    if status == 304:
        return []
    if answer.chunked:
        return ["Transfer-Encoding: chunked"]
    if answer.no_length:
        return ["Connection: close"]
    return [f"Content-Length: {length if answer.content_length is None else answer.content_length}"]


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in list(HTTPStatus) else "Unknown"
