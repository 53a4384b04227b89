"""The transport alone: httpx's interface, raw bytes, errors with their cause."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from ipaddress import ip_network

import aiohttp
import httpx
import pytest

from tasks.http.client import open_client
from tasks.http.fetch import fetch
from tasks.http.ip_rules import AllowedNetwork
from tasks.http.request import send
from tasks.http.ssrf_guard import DialRefused, Guard
from tasks.http.transport import AiohttpTransport, BodyCutShort, NameNotResolved, TlsFailed
from tasks.http.values import FetchFailed, FetchRequest
from tests.servers.answers import MEGABYTE, Answer, gzipped, redirect
from tests.servers.fault_server import FaultServer
from tests.servers.fetching import LIMITS, USER_AGENT, get, guard_for


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def no_names(_host: str, _port: int, _family: int) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@asynccontextmanager
async def opened(guard: Guard) -> AsyncIterator[AiohttpTransport]:
    async with open_client(guard, USER_AGENT, no_names) as client:
        yield client.transport


async def answer_to(transport: AiohttpTransport, request: httpx.Request) -> httpx.Response:
    response = await transport.handle_async_request(request)
    await response.aread()
    await response.aclose()
    return response


def sent(request: httpx.Request, guard: Guard) -> httpx.Response:
    async def once() -> httpx.Response:
        async with opened(guard) as transport:
            return await answer_to(transport, request)

    return asyncio.run(once())


@pytest.mark.parametrize(
    "target", ["/a/../b/./c?x=/../y", "/.", "/100%?sig=a%2Fb%2fc+d%20e&f=[1]", "/?", "//a;b=c"]
)
def test_request_sends_path_and_query_as_published(server: FaultServer, target: str) -> None:
    get(server.url(target), guard_for(server))
    assert [seen.path for seen in server.requests] == [target.removesuffix("?")]


def test_transport_without_target_sends_the_url_of_the_request(server: FaultServer) -> None:
    sent(httpx.Request("HEAD", server.url("/a%2Fb?c=%2F")), guard_for(server))
    (seen,) = server.requests
    assert (seen.method, seen.path) == ("HEAD", "/a%2Fb?c=%2F")


def test_transport_returns_the_raw_body(server: FaultServer) -> None:
    packed = gzipped(b"<rss/>")
    url = server.serve("/feed", packed)

    async def raw() -> bytes:
        async with opened(guard_for(server)) as transport:
            response = await transport.handle_async_request(httpx.Request("GET", url))
            return b"".join([data async for data in response.aiter_raw()])

    assert asyncio.run(raw()) == packed.body


def test_transport_sends_the_body_of_a_request() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + await reader.readexactly(5))

    async def posted() -> bytes:
        async with await asyncio.start_server(echo, "127.0.0.1", 0) as echoing:
            port = echoing.sockets[0].getsockname()[1]
            guard = Guard((AllowedNetwork(ip_network("127.0.0.1"), port),))
            url, timeouts = f"http://127.0.0.1:{port}/", {"timeout": {"read": 2.0}}
            request = httpx.Request("POST", url, content=b"hello", extensions=timeouts)
            async with opened(guard) as transport:
                return (await answer_to(transport, request)).content

    assert asyncio.run(posted()) == b"hello"


def test_transport_works_under_an_httpx_client(server: FaultServer) -> None:
    server.serve("/new", gzipped(b"<rss/>"))
    url = server.serve("/old", redirect("/new"))

    async def response_of() -> httpx.Response:
        async with opened(guard_for(server)) as transport:
            client = httpx.AsyncClient(transport=transport, follow_redirects=True)
            return await client.get(url)

    response = asyncio.run(response_of())
    assert (response.status_code, response.content) == (200, b"<rss/>")


@pytest.mark.parametrize(
    ("answer", "raised", "cause"),
    [
        (Answer(reset=True), httpx.ReadError, aiohttp.ClientOSError),
        (Answer(raw=b""), httpx.ReadError, aiohttp.ServerDisconnectedError),
        (Answer(raw=b"SSH-2.0\r\n"), httpx.RemoteProtocolError, aiohttp.ClientResponseError),
        (Answer(body=b"<rss/>", drop_after=3), BodyCutShort, aiohttp.ClientPayloadError),
        (Answer(hang=True), httpx.ReadTimeout, aiohttp.SocketTimeoutError),
    ],
)
def test_transport_error_is_an_httpx_error_with_its_cause(
    server: FaultServer,
    answer: Answer,
    raised: type[httpx.TransportError],
    cause: type[Exception],
) -> None:
    url = server.serve("/feed", answer)
    request = httpx.Request("GET", url, extensions={"timeout": {"read": 0.2}})
    with pytest.raises(raised) as failed:
        sent(request, guard_for(server))
    assert type(failed.value) is raised
    assert isinstance(failed.value.__cause__, cause)


def test_transport_errors_of_name_guard_and_tls_are_different() -> None:
    with pytest.raises(NameNotResolved, match="Name or service not known"):
        sent(httpx.Request("GET", "http://nowhere.example/"), Guard())
    with pytest.raises(httpx.ConnectError) as refused:
        sent(httpx.Request("GET", "http://127.0.0.1/"), Guard())
    assert isinstance(refused.value.__cause__, OSError)
    assert isinstance(refused.value.__cause__.__cause__, DialRefused)
    with FaultServer(greeting=b"220 mail.example ESMTP\r\n") as server:
        request = httpx.Request("GET", server.url().replace("http:", "https:"))
        with pytest.raises(TlsFailed):
            sent(request, guard_for(server))


def test_transport_with_malformed_header_is_a_local_error(server: FaultServer) -> None:
    request = httpx.Request("GET", server.url(), headers={"X-A": "b\r\nX-C: d"})
    with pytest.raises(httpx.LocalProtocolError):
        sent(request, guard_for(server))
    assert server.requests == []


def test_connection_is_reused_after_its_body_is_read(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"<rss/>"))
    server.serve("/unread", Answer(404, b"x" * 10_000_000))

    async def four() -> None:
        async with open_client(guard_for(server), USER_AGENT) as client:
            for response_of in (url, url, server.url("/unread"), url):
                await fetch(client, FetchRequest(response_of), LIMITS)

    asyncio.run(four())
    assert [seen.connection for seen in server.requests] == [1, 1, 1, 2]


def test_response_closed_unread_closes_its_connection(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"x" * 10_000_000))

    async def still_open() -> int:
        async with opened(guard_for(server)) as transport:
            response = await transport.handle_async_request(httpx.Request("GET", url))
            await response.aclose()
            connector = transport.session.connector
            return len(connector._acquired) if connector else 0

    assert asyncio.run(still_open()) == 0


@pytest.mark.parametrize("answer", [Answer(404), Answer(body=b"x" * (MEGABYTE + 1))])
def test_response_is_closed_whether_read_or_not(server: FaultServer, answer: Answer) -> None:
    responses: list[httpx.Response] = []

    class RecordingTransport(AiohttpTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            responses.append(await super().handle_async_request(request))
            return responses[-1]

    async def response_of() -> None:
        async with opened(guard_for(server)) as transport:
            with contextlib.suppress(FetchFailed):
                recording = RecordingTransport(transport.session)
                await send(recording, server.serve("/feed", answer), {}, LIMITS)

    asyncio.run(response_of())
    assert [answer.is_closed for answer in responses] == [True]


def test_transport_connect_timeout_applies() -> None:
    async def once(port: int) -> None:
        guard = Guard((AllowedNetwork(ip_network("127.0.0.1"), port),))
        timeouts = {"timeout": {"connect": 0.1}}
        request = httpx.Request("GET", f"http://127.0.0.1:{port}/", extensions=timeouts)
        async with asyncio.timeout(3), opened(guard) as transport:
            await transport.handle_async_request(request)

    # With a full backlog the kernel drops further SYNs, like a host that is down.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address), pytest.raises(httpx.ConnectTimeout):
            asyncio.run(once(address[1]))


def test_header_with_stray_byte_does_not_change_the_others(server: FaultServer) -> None:
    # Sent as Latin-1: the first two bytes are one UTF-8 character, the byte of Server is not UTF-8.
    answer = Answer(headers={"ETag": '"Ã©"', "Server": "ÿ", "Last-Modified": "ÿ"})
    url = server.serve("/feed", answer)
    fetched = get(url, guard_for(server))
    assert fetched.headers.etag == '"é"'
    assert fetched.headers.last_modified is None
    get(FetchRequest(url, etag=fetched.headers.etag), guard_for(server))
    assert server.requests[1].headers["if-none-match"] == '"Ã©"'


def test_header_sent_twice_counts_as_the_first(server: FaultServer) -> None:
    twice = b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\n\r\n"
    url = server.serve("/old", Answer(raw=twice))
    server.serve("/a", Answer(body=b"first"))
    assert get(url, guard_for(server)).body == b"first"
