"""Fetches from a real server on loopback: responses, failures, redirects, credentials."""

import asyncio
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tasks.http.client import open_client
from tasks.http.fetch import fetch
from tasks.http.ip_rules import AllowedNetwork
from tasks.http.ssrf_guard import Guard
from tasks.http.values import FetchFailed, FetchRequest
from tests.paths import DATA
from tests.servers.answers import (
    MEGABYTE,
    Answer,
    encoded,
    gzip_bomb,
    gzipped,
    redirect,
    trickle,
    zstd_bomb,
)
from tests.servers.fault_server import FaultServer, Seen
from tests.servers.fetching import LIMITS, USER_AGENT, failure_of, get, guard_for, loopback_hosts

ETAG, MODIFIED = '"v1"', "Mon, 23 Nov 2026 11:00:00 GMT"
SELF_SIGNED = DATA / "fetching" / "self-signed.pem"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def test_fetch_returns_body_headers_and_size(server: FaultServer) -> None:
    headers = {
        "Content-Type": "application/rss+xml",
        "Cache-Control": "max-age=60",
        "Expires": "Mon, 23 Nov 2026 12:00:00 GMT",
        "Date": "Mon, 23 Nov 2026 11:00:00 GMT",
        "Link": '<https://hub.example/>; rel="hub"',
    }
    url = server.serve("/feed", Answer(body=b"<rss/>", headers=headers, etag='"1"'))
    fetched = get(url, guard_for(server))
    assert (fetched.status, fetched.body, fetched.wire_bytes, fetched.url) == (
        200,
        b"<rss/>",
        6,
        url,
    )
    assert fetched.headers.etag == '"1"'
    assert fetched.headers.content_type == "application/rss+xml"
    assert fetched.headers.cache_control == "max-age=60"
    assert fetched.headers.expires == headers["Expires"]
    assert fetched.headers.date == headers["Date"]
    assert fetched.headers.hubs == ("https://hub.example/",)
    assert fetched.hops == ()


def test_fetch_sends_user_agent_and_supported_codings(server: FaultServer) -> None:
    url = server.serve("/feed?a=b%2Fc", Answer())
    get(FetchRequest(url, accept="text/vtt"), guard_for(server))
    (seen,) = server.seen("/feed?a=b%2Fc")
    assert seen.headers["user-agent"] == USER_AGENT
    assert seen.headers["accept"] == "text/vtt"
    assert seen.headers["accept-encoding"] == "gzip, zstd"
    assert "cookie" not in seen.headers


@pytest.mark.parametrize(
    ("etag", "last_modified"), [(ETAG, None), (None, MODIFIED), (ETAG, MODIFIED)]
)
def test_fetch_of_an_unchanged_feed_is_a_304_without_body(
    server: FaultServer, etag: str | None, last_modified: str | None
) -> None:
    headers = {"Cache-Control": "no-cache"}
    answer = Answer(body=b"<rss/>", headers=headers, etag=ETAG, last_modified=MODIFIED)
    url = server.serve("/feed", answer)
    fetched = get(FetchRequest(url, etag, last_modified), guard_for(server))
    assert (fetched.status, fetched.body) == (304, None)
    assert fetched.headers.cache_control == "no-cache"
    changed = get(FetchRequest(url, etag='"old"'), guard_for(server))
    assert (changed.status, changed.body) == (200, b"<rss/>")


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503, 206, 300])
def test_fetch_of_any_error_status_returns_it_without_body(
    server: FaultServer, status: int
) -> None:
    answer = Answer(status, b"x" * 2 * MEGABYTE, headers={"Retry-After": "120"})
    fetched = get(server.serve("/feed", answer), guard_for(server))
    assert (fetched.status, fetched.body, fetched.headers.retry_after) == (status, None, "120")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<rss/>"),
        Answer(body=b"<rss/>", no_length=True),
        Answer(body=b"<rss/>", chunked=True, piece_bytes=2),
        gzipped(b"<rss/>"),
        replace(gzipped(b"<rss/>"), chunked=True, piece_bytes=1),
        trickle(b"<rss/>", seconds=0.001),
        Answer(body=b"<rss/>", delay_seconds=0.01),
        Answer(body=b"<rss/>", headers={"Content-Type": "text/xml; charset=klingon-8"}),
    ],
)
def test_fetch_body_is_the_same_for_every_framing(server: FaultServer, answer: Answer) -> None:
    assert get(server.serve("/feed", answer), guard_for(server)).body == b"<rss/>"


@pytest.mark.parametrize(
    ("reason", "retriable", "answer"),
    [
        ("timeout", True, Answer(hang=True)),
        ("timeout", True, trickle(b"x" * 1000)),
        ("timeout", True, Answer(raw=b"HTTP/1.1 200 OK\r\nX-Slow: ", hang=True)),
        ("dropped", True, Answer(reset=True)),
        ("dropped", True, Answer(raw=b"")),
        ("truncated", True, Answer(body=b"<rss>...</rss>", drop_after=5)),
        ("truncated", True, Answer(body=b"<rss>...</rss>", drop_after=0)),
        ("truncated", True, Answer(body=b"<rss/>" * 9, chunked=True, piece_bytes=9, drop_after=9)),
        ("truncated", True, replace(gzipped(b"<rss/>"), no_length=True, drop_after=12)),
        ("protocol_error", False, Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n")),
        ("protocol_error", False, Answer(raw=b"HTTP/1.1 two hundred\r\n\r\n")),
        ("protocol_error", False, Answer(headers={"X-Bomb": "x" * 600_000})),
        ("protocol_error", False, Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n")),
        ("too_large", False, Answer(body=b"x" * (MEGABYTE + 1))),
        ("too_large", False, Answer(body=b"x" * (MEGABYTE + 1), chunked=True, piece_bytes=65536)),
        ("too_large", False, Answer(body=b"x" * (MEGABYTE + 1), no_length=True)),
        ("too_large", False, Answer(body=b"x", content_length=10**15)),
        ("too_large", False, gzip_bomb(50)),
        ("too_large", False, zstd_bomb(50)),
        ("bad_encoding", False, encoded("gzip", b"\x00\x01 is no gzip")),
        ("bad_encoding", False, encoded("zstd", b"\x00\x01 is no zstd")),
        ("bad_encoding", False, encoded("br", b"\x0b\x02\x80<rss/>\x03")),
        ("scheme_refused", False, redirect("file:///etc/passwd")),
        ("scheme_refused", False, redirect("ftp://example.com/")),
        ("bad_url", False, redirect("http://2130706433/")),
        ("bad_url", False, redirect("http://[::1")),
        ("bad_url", False, redirect("https://example.com\\@127.0.0.1/")),
        ("address_refused", False, redirect("http://169.254.169.254/latest/meta-data/")),
        ("address_refused", False, redirect("http://[::ffff:169.254.169.254]/")),
        ("address_refused", False, redirect("http://10.0.0.1/", 301)),
        ("port_refused", False, redirect("http://1.1.1.1:25/")),
    ],
)
def test_fetch_failure_has_its_reason_code(
    server: FaultServer, reason: str, retriable: bool, answer: Answer
) -> None:
    url = server.serve("/feed", answer)
    failed = failure_of(url, guard_for(server), replace(LIMITS, deadline_seconds=0.5))
    assert (failed.reason, failed.retriable) == (reason, retriable)
    assert str(failed)


@pytest.mark.parametrize("bomb", [gzip_bomb(100), zstd_bomb(100)], ids=["gzip", "zstd"])
def test_fetch_of_a_decompression_bomb_uses_bounded_memory(
    server: FaultServer, bomb: Answer
) -> None:
    url = server.serve("/feed", bomb)
    tracemalloc.start()
    try:
        assert failure_of(url, guard_for(server)).reason == "too_large"
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * MEGABYTE


def test_fetch_of_an_unknown_name_is_dns_failed(server: FaultServer) -> None:
    failed = failure_of("http://nowhere.example/feed", guard_for(server))
    assert (failed.reason, failed.retriable) == ("dns_failed", False)
    assert "nowhere.example" in str(failed)


def test_fetch_from_a_closed_port_is_a_retriable_connect_failure() -> None:
    with FaultServer() as gone:
        guard = guard_for(gone)
    failed = failure_of(gone.url("/feed"), guard)
    assert (failed.reason, failed.retriable) == ("connect_failed", True)


def test_fetch_with_unaccepted_connection_is_a_timeout() -> None:
    # With a full backlog the kernel drops further SYNs, like a host that is down.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        guard = Guard((AllowedNetwork(ip_network("127.0.0.1"), port),))
        with socket.create_connection(("127.0.0.1", port)):
            limits = replace(LIMITS, connect_seconds=0.2)
            failed = failure_of(f"http://127.0.0.1:{port}/", guard, limits)
    assert (failed.reason, failed.retriable) == ("timeout", True)


def test_fetch_over_tls_from_a_plain_server_is_tls_failed() -> None:
    with FaultServer(greeting=b"220 mail.example ESMTP\r\n") as server:
        url = server.url("/feed").replace("http:", "https:")
        assert failure_of(url, guard_for(server)).reason == "tls_failed"


def test_fetch_from_a_mail_server_is_a_protocol_error() -> None:
    with FaultServer(greeting=b"220 mail.example ESMTP\r\n") as server:
        assert failure_of(server.url("/feed"), guard_for(server)).reason == "protocol_error"


def test_fetch_with_self_signed_certificate_is_tls_failed() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(SELF_SIGNED)
    with FaultServer(tls=tls) as server:
        url = server.serve("/feed", Answer(body=b"<rss/>"))
        assert failure_of(url, guard_for(server)).reason == "tls_failed"
        assert server.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/new", "new?a=b", "//{host}/new", "http://{host}/new#x"])
def test_redirect_in_every_form_is_followed(
    server: FaultServer, status: int, location: str
) -> None:
    host = f"{server.host}:{server.port}"
    url = server.serve("/old", redirect(location.format(host=host), status))
    for path in ("/new", "/new?a=b"):
        server.serve(path, Answer(body=b"moved"))
    fetched = get(url, guard_for(server))
    assert fetched.body == b"moved"
    assert [(hop.url, hop.status, hop.location) for hop in fetched.hops] == [
        (url, status, fetched.url)
    ]
    assert fetched.permanent_url == (fetched.url if status in {301, 308} else None)


def test_redirect_target_receives_the_validators(server: FaultServer) -> None:
    server.serve("/new", Answer(body=b"<rss/>", etag='"1"'))
    url = server.serve("/old", redirect("/new"))
    assert get(FetchRequest(url, etag='"1"'), guard_for(server)).status == 304


def test_validators_are_not_sent_to_another_origin(server: FaultServer) -> None:
    with FaultServer() as other:
        url = server.serve("/old", redirect("/same"))
        server.serve("/same", redirect(other.url("/other")))
        other.serve("/other", Answer(body=b"<rss/>"))
        request = FetchRequest(url, '"1"', "Mon, 05 Jan 2026 06:00:00 GMT")
        assert get(request, guard_for(server, other)).body == b"<rss/>"
        assert all("if-none-match" in seen.headers for seen in server.requests)
        assert not {"if-none-match", "if-modified-since"} & other.requests[0].headers.keys()


def test_validators_are_sent_only_to_the_origin_they_came_from(server: FaultServer) -> None:
    with FaultServer() as other:
        url = server.serve("/old", redirect(other.url("/other")))
        other.serve("/other", Answer(body=b"<rss/>", etag='"1"'))
        request = FetchRequest(url, '"1"', validators_origin=other.url(""))
        assert get(request, guard_for(server, other)).status == 304
        assert "if-none-match" not in server.requests[0].headers


def test_cookies_are_not_sent_to_another_port(server: FaultServer) -> None:
    with FaultServer() as other:
        away = Answer(302, headers={"Location": other.url("/b"), "Set-Cookie": "session=s3cret"})
        url = server.serve("/a", away)
        other.serve("/b", Answer(body=b"<rss/>"))
        assert get(url, guard_for(server, other)).body == b"<rss/>"
        assert "cookie" not in other.requests[0].headers


def test_redirect_without_location_is_the_response(server: FaultServer) -> None:
    assert get(server.serve("/old", Answer(301)), guard_for(server)).status == 301


def test_redirect_loop_fails_before_its_second_round(server: FaultServer) -> None:
    server.serve("/b", redirect("/a", 301))
    url = server.serve("/a", redirect("/b", 301))
    assert failure_of(url, guard_for(server)).reason == "redirect_loop"
    assert len(server.requests) == 2


def test_redirect_to_itself_is_a_loop(server: FaultServer) -> None:
    url = server.serve("/a", redirect("/a"))
    assert failure_of(url, guard_for(server)).reason == "redirect_loop"


@pytest.mark.parametrize(("redirects", "followed"), [(5, True), (6, False)])
def test_redirects_are_followed_up_to_five(
    server: FaultServer, redirects: int, followed: bool
) -> None:
    for i in range(redirects):
        server.serve(f"/{i}", redirect(f"/{i + 1}"))
    server.serve(f"/{redirects}", Answer(body=b"end"))
    if followed:
        assert get(server.url("/0"), guard_for(server)).body == b"end"
    else:
        assert failure_of(server.url("/0"), guard_for(server)).reason == "too_many_redirects"


def test_redirects_share_one_deadline(server: FaultServer) -> None:
    for i in range(5):
        server.serve(f"/{i}", replace(redirect(f"/{i + 1}"), delay_seconds=0.15))
    server.serve("/5", Answer(body=b"end"))
    limits = replace(LIMITS, deadline_seconds=0.4)
    assert failure_of(server.url("/0"), guard_for(server), limits).reason == "timeout"


def test_credentials_are_sent_as_a_header_and_not_shown(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"<rss/>"))
    fetched = get(url.replace("http://", "http://me:s3cret@"), guard_for(server))
    assert server.requests[0].headers["authorization"] == "Basic bWU6czNjcmV0"
    assert fetched.url == url
    assert "s3cret" not in repr(fetched)


def test_credentials_are_not_sent_to_another_origin(server: FaultServer) -> None:
    with FaultServer() as other:
        server.serve("/old", redirect("/same"))
        server.serve("/same", redirect(other.url("/other")))
        other.serve("/other", Answer(body=b"<rss/>"))
        url = server.url("/old").replace("http://", "http://me:s3cret@")
        assert get(url, guard_for(server, other)).body == b"<rss/>"
        assert all("authorization" in seen.headers for seen in server.requests)
        assert "authorization" not in other.requests[0].headers


def test_credentials_are_not_sent_to_another_host_name(server: FaultServer) -> None:
    hosts = loopback_hosts("feeds.example", "other.example")
    port = server.port
    server.serve("/old", redirect(f"http://other.example:{port}/new"))
    server.serve("/new", Answer())
    url = f"http://me:s3cret@feeds.example:{port}/old"
    get(url, guard_for(server), hosts=hosts)
    assert "authorization" in server.seen("/old")[0].headers
    assert "authorization" not in server.seen("/new")[0].headers


@pytest.mark.parametrize(
    "answer",
    [Answer(reset=True), redirect("http://10.0.0.1/?token=s3cret"), redirect("file:///s3cret")],
)
def test_fetch_failure_message_has_no_secret(server: FaultServer, answer: Answer) -> None:
    url = server.serve("/feed?token=s3cret", answer).replace("http://", "http://me:s3cret@")
    assert "s3cret" not in str(failure_of(url, guard_for(server)))


def test_cookies_end_with_the_fetch(server: FaultServer) -> None:
    headers = {"Location": "/new", "Set-Cookie": "a=b"}
    server.serve("/old", replace(redirect("/new"), headers=headers))
    server.serve("/new", Answer(headers={"Set-Cookie": "c=d"}))
    url = server.url("/old", "feeds.example")
    for _ in range(2):
        get(url, guard_for(server), hosts=loopback_hosts("feeds.example"))
    assert [seen.headers.get("cookie") for seen in server.seen("/old")] == [None, None]
    assert [seen.headers.get("cookie") for seen in server.seen("/new")] == ["a=b", "a=b"]


def test_proxy_in_the_environment_is_ignored(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url())
        assert get(server.serve("/feed", Answer(body=b"direct")), guard_for(server, proxy)).body
        assert proxy.requests == []


def test_fetch_with_stuck_name_server_ends_at_its_deadline(server: FaultServer) -> None:
    released = threading.Event()

    def stuck(_host: str, _port: int, _family: int) -> list[str]:
        released.wait(10)
        return ["127.0.0.1"]

    async def fetch_once() -> None:
        async with open_client(guard_for(server), USER_AGENT, stuck) as client:
            limits = replace(LIMITS, deadline_seconds=0.1)
            await fetch(client, FetchRequest(f"http://slow.example:{server.port}/"), limits)

    try:
        with pytest.raises(FetchFailed) as failed:
            asyncio.run(fetch_once())  # would wait for its own threads
        assert not released.is_set()
        assert failed.value.reason == "timeout"
    finally:
        released.set()


def test_fault_server_script_answers_by_the_request(server: FaultServer) -> None:
    def script(seen: Seen) -> Answer:
        return Answer(body=seen.headers["accept"].encode())

    url = server.serve_by("/feed", script)
    assert get(FetchRequest(url, accept="text/vtt"), guard_for(server)).body == b"text/vtt"
