"""A second transport for responses that aiohttp refuses: h11, after the head was repaired.

It opens a connection of its own for each request and is slower, so it is used only for a second
try. The SSRF guard checks the address that is dialled, as in the first.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import ip_address

import h11
import httpx
from aiohttp.abc import ResolveResult

from tasks.http.ssrf_guard import Guard, GuardedResolver
from tasks.http.tolerant_head import ResponseHead, parse_head
from tasks.http.transport import CHUNK, BodyCutShort, NameNotResolved, TlsFailed

# Browsers and curl read heads of 100 kB and more; policies and cookies are that long.
MAX_HEAD_BYTES = 256 * 1024
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def close(self) -> None:
        self.writer.close()


class TolerantTransport(httpx.AsyncBaseTransport):
    """Sends GET requests, one connection each, and reads what browsers would read."""

    def __init__(self, guard: Guard, resolver: GuardedResolver, tls: ssl.SSLContext) -> None:
        self._guard = guard
        self._resolver = resolver
        self._tls = tls

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; return the response as soon as its head has arrived."""
        connection = await self._connect(request)
        try:
            return await _exchange(connection, request)
        except OSError as error:
            connection.close()
            raise httpx.ReadError(str(error) or type(error).__name__) from error
        except h11.LocalProtocolError as error:
            connection.close()
            raise httpx.LocalProtocolError(str(error)) from error
        except BaseException:
            connection.close()
            raise

    async def _connect(self, request: httpx.Request) -> _Connection:
        seconds = request.extensions.get("timeout", {}).get("connect")
        try:
            async with asyncio.timeout(seconds):
                return await self._open(request.url)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except socket.gaierror as error:
            raise NameNotResolved(str(error)) from error
        except ssl.SSLError as error:
            raise TlsFailed(str(error)) from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error

    async def _open(self, url: httpx.URL) -> _Connection:
        host, is_tls = url.raw_host.decode(), url.scheme == "https"
        port = url.port or (443 if is_tls else 80)
        dialled = await self._dial(host, port)
        tls, name = (self._tls, host) if is_tls else (None, None)
        return _Connection(
            *await asyncio.open_connection(sock=dialled, ssl=tls, server_hostname=name)
        )

    async def _dial(self, host: str, port: int) -> socket.socket:
        """Connect to the first address that accepts; the guard checks each one."""
        failure: OSError | None = None
        for result in await self._addresses(host, port):
            target = (result["host"], port)
            family = result["family"]
            dialled = self._guard.socket_for((family, socket.SOCK_STREAM, 0, "", target))
            dialled.setblocking(False)
            try:
                await asyncio.get_running_loop().sock_connect(dialled, target)
            except OSError as error:
                dialled.close()
                failure = error
            except BaseException:
                dialled.close()
                raise
            else:
                return dialled
        raise failure or OSError("the name has no address")

    async def _addresses(self, host: str, port: int) -> list[ResolveResult]:
        try:
            family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
        except ValueError:
            return await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]


async def _exchange(connection: _Connection, request: httpx.Request) -> httpx.Response:
    protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    ours = {b"host", b"connection"}
    fields = [field for field in request.headers.raw if field[0].lower() not in ours]
    fields += [(b"Host", request.url.netloc), (b"Connection", b"close")]
    target: bytes = request.extensions.get("target", request.url.raw_path)
    for event in (h11.Request(method=b"GET", target=target, headers=fields), h11.EndOfMessage()):
        connection.writer.write(protocol.send(event) or b"")
    await connection.writer.drain()
    head, rest = await _read_head(connection.reader)
    while head.status < 200:  # informational (RFC 9110, section 15.2)
        head, rest = await _read_head(connection.reader, rest)
    stream = _TolerantBody(connection, protocol, head, rest)
    return httpx.Response(head.status, headers=head.fields, stream=stream)


async def _read_head(
    reader: asyncio.StreamReader, received: bytes = b""
) -> tuple[ResponseHead, bytes]:
    """Read a head; return it, and the bytes that came after it."""
    while not (end := _END_OF_HEAD.search(received)):
        data = await reader.read(CHUNK)
        if not data:
            raise httpx.ReadError("the connection ended within the head")
        received += data
        if len(received) > MAX_HEAD_BYTES + CHUNK:
            raise httpx.RemoteProtocolError(f"the head is longer than {MAX_HEAD_BYTES} bytes")
    head = parse_head(received[: end.start()])
    if head is None:
        raise httpx.RemoteProtocolError("the response does not begin with a status line")
    return head, received[end.end() :]


class _TolerantBody(httpx.AsyncByteStream):
    """The raw body. More bytes than declared, up to the end of the connection, belong to it.

    We ask for the connection to be closed, so nothing else can follow: the length was counted in
    characters, or something was appended.
    """

    def __init__(
        self, connection: _Connection, protocol: h11.Connection, head: ResponseHead, rest: bytes
    ) -> None:
        self._connection = connection
        self._protocol = protocol
        self._length = head.body_length
        self._until_close = head.body_length is not None and (
            head.closes or len(rest) > head.body_length
        )
        self._received = 0
        fields = [
            field
            for field in head.fields
            if not (self._until_close and field[0].lower() == b"content-length")
        ]
        lines = [b"%b: %b\r\n" % field for field in fields]
        try:
            protocol.receive_data(b"HTTP/1.1 %d \r\n%b\r\n" % (head.status, b"".join(lines)))
            protocol.next_event()
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        protocol.receive_data(rest) if rest else None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            while not isinstance(event := self._protocol.next_event(), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    self._received += len(event.data)
                    yield bytes(event.data)
                else:
                    self._protocol.receive_data(await self._connection.reader.read(CHUNK))
        except (h11.RemoteProtocolError, OSError) as error:
            raise BodyCutShort(str(error)) from error
        if self._until_close and self._received < (self._length or 0):
            raise BodyCutShort("the connection ended before the body did")

    async def aclose(self) -> None:
        """Close the connection."""
        self._connection.close()
