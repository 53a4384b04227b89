"""Connections that stay open for nothing: half requests, bodies that never come, readers asleep."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from models.settings import Settings
from workers.serving import bounded_connection
from workers.serving.server import server_config

HALF = b"GET / HTTP/1.1\r\nHost: x\r\n"
WHOLE = HALF + b"\r\n"
LARGE = 20_000_000
TOO_MANY = bounded_connection._TOO_MANY


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers without reading a body; at ``/large`` with more than all buffers hold."""
    del receive
    length = LARGE if scope["path"] == "/large" else 2
    headers = [(b"content-length", str(length).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for _ in range(length // 2):
        if length == 2:
            break
        await send({"type": "http.response.body", "body": b"x" * 100_000, "more_body": True})
        length -= 100_000
    await send({"type": "http.response.body", "body": b"x" * length, "more_body": False})


@contextmanager
def serving(**settings: object) -> Iterator[tuple[str, int]]:
    sock = socket.create_server(("127.0.0.1", 0), backlog=200)
    config = server_config(application, Settings(**settings), lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield sock.getsockname()[:2]
    finally:
        server.force_exit = server.should_exit = True
        thread.join(timeout=30)
        sock.close()


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_connection, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(bounded_connection, "STALL_SECONDS", 0.5)


def connect(address: tuple[str, int], sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(address, timeout=20)
    connection.sendall(sent)
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """All that still comes, until the server closes the connection."""
    received = bytearray()
    try:
        while data := connection.recv(1_000_000):
            received += data
    except ConnectionResetError:
        pass
    return bytes(received)


def responds(address: tuple[str, int]) -> bool:
    with connect(address, WHOLE) as connection:
        return connection.recv(65_536).startswith(b"HTTP/1.1 200")


@pytest.mark.usefixtures("_short")
def test_half_a_head_ends_with_408() -> None:
    with serving() as address, connect(address, HALF) as connection:
        assert rest_of(connection).startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("_short")
def test_a_head_that_trickles_ends_in_time() -> None:
    with serving() as address, connect(address, HALF) as connection:
        connection.settimeout(0.05)
        deadline = time.monotonic() + 20
        received = b""
        while not received:
            assert time.monotonic() < deadline, "the head may take for ever"
            connection.sendall(b"x")
            try:
                received = connection.recv(100)
            except TimeoutError:
                continue
        assert received.startswith(b"HTTP/1.1 408 ")


@pytest.mark.usefixtures("_short")
def test_an_idle_connection_is_closed_without_a_word() -> None:
    with serving() as address, connect(address) as connection:
        assert rest_of(connection) == b""


@pytest.mark.usefixtures("_short")
def test_a_body_after_the_response_is_not_awaited() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"
    with serving() as address, connect(address, head) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                connection.sendall(b"x" * 1000)
            except OSError:
                return
            time.sleep(0.02)
        pytest.fail("the server waits for the rest of the body")


@pytest.mark.usefixtures("_short")
def test_a_reader_that_sleeps_is_dropped() -> None:
    request = b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n"
    with serving() as address, connect(address, request) as connection:
        time.sleep(2)  # what is tested is that nobody reads for longer than allowed
        assert len(rest_of(connection)) < LARGE


def test_a_reader_that_reads_gets_everything() -> None:
    request = b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with serving() as address, connect(address, request) as connection:
        assert len(rest_of(connection)) > LARGE


def test_half_requests_do_not_keep_others_out() -> None:
    with serving(web_connections=20) as address, ExitStack() as stack:
        half = [stack.enter_context(connect(address, HALF)) for _ in range(60)]
        assert responds(address)
        assert rest_of(half[0]) in {b"", TOO_MANY}  # closed, which is what rest_of waits for


def test_connections_of_one_network_are_limited() -> None:
    with (
        serving(web_connections_per_network=5, trusted_proxies="192.0.2.1") as address,
        ExitStack() as stack,
    ):
        for _ in range(5):
            stack.enter_context(connect(address, HALF))
        with connect(address) as sixth:
            assert rest_of(sixth) == TOO_MANY


def test_a_trusted_proxy_has_no_limit_of_its_own() -> None:
    with serving(web_connections_per_network=5) as address, ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connect(address, HALF))
        assert responds(address)


def test_a_place_is_free_again_when_a_connection_ends() -> None:
    with serving(web_connections_per_network=2, trusted_proxies="192.0.2.1") as address:
        for _ in range(10):
            with connect(address, HALF + b"Connection: close\r\n\r\n") as one:
                assert rest_of(one).startswith(b"HTTP/1.1 200")
