"""Responses that a strict HTTP client refuses and browsers read, from a real socket."""

import asyncio
import gzip
import random
import ssl
from collections.abc import Iterator
from contextlib import aclosing, suppress

import httpx
import pytest

from tasks.http.client import open_client
from tasks.http.cookies import ChainCookies
from tasks.http.fetch import fetch
from tasks.http.ssrf_guard import Guard, GuardedResolver
from tasks.http.tolerant_head import parse_head
from tasks.http.tolerant_transport import TolerantTransport
from tasks.http.transport import TlsFailed
from tasks.http.values import FetchFailed, FetchRequest
from tests.paths import DATA
from tests.servers.answers import MEGABYTE, Answer, encoded, redirect
from tests.servers.fault_server import FaultServer, Seen
from tests.servers.fetching import (
    LIMITS,
    USER_AGENT,
    failure_of,
    get,
    guard_for,
    loopback_hosts,
)

SELF_SIGNED = DATA / "fetching" / "self-signed.pem"
FEED = b"<rss><channel><title>Lamps</title></channel></rss>"
LENGTH = b"Content-Length: %d\r\n" % len(FEED)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(FEED), FEED)
BOMB = gzip.compress(bytes(50 * MEGABYTE), mtime=0)
GZIPPED = gzip.compress(FEED, mtime=0)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as running:
        yield running


def raw(head: bytes, body: bytes = FEED) -> Answer:
    return Answer(raw=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"X-Policy: " + b"x" * 12_000 + b"\r\n" + LENGTH),
        raw(b"X-Policy: " + b"x" * 100_000 + b"\r\n" + LENGTH),
        raw(b"Content-Length: 5000\r\n" + CHUNKED, CHUNKS),
        raw(LENGTH * 2),
        raw(b"Content-Length: %d, %d\r\n" % (len(FEED), len(FEED))),
        raw(b"Content-Type : text/xml\r\n" + LENGTH),
        raw(b"No colon here\r\n" + LENGTH),
        raw(b"Transfer-Encoding: identity\r\n" + LENGTH),
        raw(b"Transfer-Encoding: Chunked, chunked\r\n", CHUNKS),
        raw(b"Content-Length:\r\n"),
        raw(b"X-Odd: a\x01b\r\n" + LENGTH),
        raw(b"(bad name): x\r\n" + LENGTH),
        raw(LENGTH + b"Connection: close\r\n", FEED + b"\n<!-- served by a cache -->"),
        raw(b"Content-Length: 9\r\nConnection: close\r\n"),
        raw(b"Content-Length: 9\r\n"),
        raw(b"Content-Type : text/xml\r\n" + CHUNKED, CHUNKS),
        raw(b"Content-Type : text/xml\r\n"),
        Answer(raw=b"HTTP/1.1 200\nContent-Type : text/xml\n\n" + FEED),
    ],
    ids=lambda answer: answer.raw[:60].decode("latin-1"),
)
def test_response_that_browsers_read_is_read(server: FaultServer, answer: Answer) -> None:
    body = get(server.serve("/feed", answer), guard_for(server)).body
    assert body is not None
    assert body.startswith(FEED)


def test_informational_response_before_an_odd_one_is_skipped(server: FaultServer) -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nLink : </a>\r\n\r\n"
    odd = b"HTTP/1.1 200 OK\r\nContent-Type : text/xml\r\n" + LENGTH + b"\r\n" + FEED
    assert get(server.serve("/feed", Answer(raw=early + odd)), guard_for(server)).body == FEED


@pytest.mark.parametrize("coding", ["UTF-8", "none", "8bit", "binary", "identity", "gzip", "zstd"])
def test_plain_body_is_read_whatever_coding_it_declares(server: FaultServer, coding: str) -> None:
    assert get(server.serve("/feed", encoded(coding, FEED)), guard_for(server)).body == FEED


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/x-gzip"}])
def test_gzip_without_a_coding_is_decompressed(
    server: FaultServer, headers: dict[str, str]
) -> None:
    url = server.serve("/feed.xml.gz", Answer(body=GZIPPED, headers=headers))
    assert get(url, guard_for(server)).body == FEED


def test_gzip_bomb_without_a_coding_is_too_large(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=BOMB))
    assert failure_of(url, guard_for(server)).reason == "too_large"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (raw(b"Content-Length: 5\r\nContent-Length: 6\r\n"), "protocol_error"),
        (raw(b"X : y\r\nContent-Length: 900\r\n"), "truncated"),
        (raw(b"X : y\r\nContent-Length: 900\r\nConnection: close\r\n"), "truncated"),
        (raw(b"X : y\r\n" + CHUNKED, CHUNKS[:20]), "truncated"),
        (raw(b"X : y\r\n", b"x" * (2 * MEGABYTE)), "too_large"),
        (raw(b"X : y\r\nContent-Encoding: gzip\r\n", BOMB), "too_large"),
        (raw(b"X : y\r\nY: " + b"y" * 600_000 + b"\r\n"), "protocol_error"),
        (raw(b"X : y\r\nContent-Length: 5\r\nContent-Length: 6\r\n"), "protocol_error"),
    ],
)  # fmt: skip
def test_second_try_has_the_bounds_of_the_first(
    server: FaultServer, answer: Answer, reason: str
) -> None:
    assert failure_of(server.serve("/feed", answer), guard_for(server)).reason == reason


def test_second_try_is_guarded_when_it_dials(server: FaultServer) -> None:
    """The name resolves to a public address at first, and to an internal one the second time."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    url = server.serve("/feed", raw(LENGTH * 2)).replace("127.0.0.1", "feeds.example")

    class Rebinding(dict[str, list[str]]):
        def __missing__(self, host: str) -> list[str]:
            assert host == "feeds.example"
            return next(answers)

    failed = failure_of(url, guard_for(server), hosts=Rebinding(other=[]))
    assert failed.reason == "address_refused"
    assert server.connections == 1


def test_second_try_sends_the_same_request(server: FaultServer) -> None:
    path = "/a%2Fb/../feed?x=%2F"
    server.serve(path, raw(b"X : y\r\n" + LENGTH))
    url = server.url(path, "feeds.example")
    assert get(url, guard_for(server), hosts=loopback_hosts("feeds.example")).body == FEED
    first, second = server.seen(path)
    for name in ("host", "user-agent", "accept", "accept-encoding"):
        assert first.headers[name] == second.headers[name]


def test_redirect_to_itself_gets_its_cookie_back(server: FaultServer) -> None:
    def script(seen: Seen) -> Answer:
        if seen.headers.get("cookie") == "ok=1":
            return Answer(body=FEED)
        headers = {"Location": "/x", "Set-Cookie": "ok=1; Path=/; HttpOnly"}
        return Answer(302, headers=headers)

    assert get(server.serve_by("/x", script), guard_for(server)).body == FEED
    assert len(server.requests) == 2


def test_redirect_with_the_same_cookie_is_a_loop(server: FaultServer) -> None:
    answer = Answer(302, headers={"Location": "/x", "Set-Cookie": "ok=1"})
    assert failure_of(server.serve("/x", answer), guard_for(server)).reason == "redirect_loop"
    assert len(server.requests) == 2


def test_cookie_of_a_redirect_stays_with_its_host(server: FaultServer) -> None:
    url = server.url("/a", "one.example")
    target = server.url("/b", "two.example")
    server.serve("/a", Answer(302, headers={"Location": target, "Set-Cookie": "secret=1"}))
    server.serve("/b", Answer(body=FEED))
    get(url, guard_for(server), hosts=loopback_hosts("one.example", "two.example"))
    assert "cookie" not in server.seen("/b")[0].headers


@pytest.mark.parametrize(
    ("set_cookies", "url", "header"),
    [
        (["a=1; Domain=.feeds.example"], "https://id.feeds.example/", "a=1"),
        (["a=1; Domain=example"], "https://other.example/", None),
        (["a=1; Domain=other.example"], "https://other.example/", None),
        (["a=1; Secure"], "http://www.feeds.example/", None),
        (["a=1; Secure"], "https://www.feeds.example/", "a=1"),
        (["a=1", "a=2", "b=3; Max-Age=0"], "https://www.feeds.example/", "a=2"),
        (["a=1\r\nX: y", "=1", "a", ""], "https://www.feeds.example/", None),
    ],
)
def test_cookies_are_sent_back_by_domain(
    set_cookies: list[str], url: str, header: str | None
) -> None:
    cookies = ChainCookies()
    cookies.store("https://www.feeds.example/x", set_cookies)
    assert cookies.header(url) == header


def test_head_that_says_two_things_is_left_as_it_is() -> None:
    head = parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\ncontent-length: 6")
    assert head is not None
    assert sorted(head.values(b"content-length")) == [b"5", b"6"]
    assert head.body_length is None
    assert parse_head(b"220 mail.example ESMTP") is None


def test_redirect_after_a_second_try_is_followed(server: FaultServer) -> None:
    server.serve("/new", Answer(body=FEED))
    server.serve("/old", Answer(raw=b"HTTP/1.1 301 Moved\r\nLocation : /new\r\n\r\n"))
    fetched = get(server.url("/old"), guard_for(server))
    assert fetched.body == FEED
    assert fetched.permanent_url == server.url("/new")
    assert redirect("/new").status == 302


@pytest.mark.parametrize("host", ["127.0.0.1", "self-signed.test"])
@pytest.mark.parametrize("trusted", [True, False])
def test_second_try_over_tls_verifies_the_certificate(host: str, trusted: bool) -> None:
    server_tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_tls.load_cert_chain(SELF_SIGNED)
    client_tls = ssl.create_default_context(cafile=SELF_SIGNED if trusted else None)

    async def body_of(url: str, guard: Guard) -> bytes:
        resolver = GuardedResolver(guard, lambda *_: ["127.0.0.1"])
        transport = TolerantTransport(guard, resolver, client_tls)
        response = await transport.handle_async_request(httpx.Request("GET", url))
        async with aclosing(response):
            return b"".join([data async for data in response.aiter_raw()])

    with FaultServer(tls=server_tls) as server:
        server.serve("/feed", raw(LENGTH * 2))
        fetching = body_of(server.url("/feed", host), guard_for(server))
        if trusted:
            assert asyncio.run(fetching) == FEED
        else:
            with pytest.raises(TlsFailed):
                asyncio.run(fetching)


PIECES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 204 No\r\n",
    b"HTTP/1.0 200\n",
    b"HTTP/1.1 103 Early\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation : /feed\r\n",
    b"HTTP/1.1 101 Switch\r\n",
    b"Upgrade: x\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length : 5\r\n",
    b"Content-Length: 5,6\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Transfer-Encoding : gzip, chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"\x1f\x8b\x08",
    b": x\r\n",
    b"Set-Cookie: a=b\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b"5\r\nhello\r\n",
    b"0\r\n\r\n",
    b"zz\r\n",
    b"hello",
    b" fold\r\n",
    b"\x00\xff",
    b"99999999999999999999\r\n",
]


def test_any_response_is_fetched_or_failed_by_name(server: FaultServer) -> None:
    chance = random.Random(7)  # noqa: S311  no secret

    async def fetch_all() -> None:
        async with open_client(guard_for(server), USER_AGENT) as client:
            for _ in range(300):
                pieces = chance.choices(PIECES, k=chance.randint(0, 9))
                start = chance.choice([b"", *PIECES[:5]])
                url = server.serve("/feed", Answer(raw=start + b"".join(pieces)))
                with suppress(FetchFailed):
                    await fetch(client, FetchRequest(url), LIMITS)

    asyncio.run(fetch_all())
