"""The pages under abuse: bodies, floods of one kind, slow artwork, no free connection."""

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib import import_module
from urllib.parse import urlsplit

import httpx
import pytest
from structlog.testing import capture_logs

from models import get_settings
from models.database import database_time, engine, forget_engine, in_transaction
from tasks.artwork import fetch
from tasks.auth.store.api_keys import create_key
from tests.factories import add_podcast, execute, one
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.world import png, web_process
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from web.api.limits import _WRONG_KEYS
from web.middleware import body_limits, lanes
from web.pages import artwork

pytestmark = pytest.mark.slow

# What no page of a small database takes, also on a busy machine; what froze took longer.
AT_ONCE = 10.0


def raw(url: str, *parts: bytes) -> bytes:
    """Send bytes as they are; the beginning of what comes back."""
    host = urlsplit(url)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=30) as connection:
        for part in parts:
            connection.sendall(part)
        return connection.recv(65_536)


def post(path: str, length: int, kind: str = "application/x-www-form-urlencoded") -> bytes:
    """The head of a form."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}"
    return f"{head}\r\n\r\n".encode()


@pytest.mark.parametrize("path", ["/sign-in", "/account/password", "/operate/people", "/charts"])
def test_a_file_is_refused_where_none_is_expected(web_url: str, path: str) -> None:
    answer = raw(web_url, post(path, 1_500, "multipart/form-data; boundary=x"))
    assert answer.startswith(b"HTTP/1.1 415 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    "path", ["/sign-in", "/add", "/sign-out", "/operate/jobs/retry", "/api/v1/people", "/nowhere"]
)
def test_a_large_body_is_refused_before_it_comes(web_url: str, path: str) -> None:
    answer = raw(web_url, post(path, 1_500_000_000))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_without_length_is_bounded_as_it_comes(web_url: str) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = raw(web_url, head, b"fa00\r\n" + b"x" * 64_000 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_trickles_ends_with_408(web_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limits, "BODY_SECONDS", 0.5)
    assert raw(web_url, post("/sign-in", 100), b"name=").startswith(b"HTTP/1.1 408 ")


def test_bodies_that_trickle_take_no_place(
    client: httpx.Client, web_url: str, database: str
) -> None:
    del database
    add_accounts()
    host = urlsplit(web_url)
    with ExitStack() as stack:
        for _ in range(40):
            slow = socket.create_connection((host.hostname or "", host.port or 0), timeout=30)
            stack.enter_context(slow).sendall(post("/sign-in", 100) + b"name=")
        enter(client)  # asserts that the account's page is there


@pytest.fixture
def open_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD", "true")
    get_settings.cache_clear()


@pytest.mark.usefixtures("open_for_all")
@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE " * 30_000, b"<a <a <a " * 60_000, b"<outline " * 60_000]
)
def test_a_hostile_list_freezes_no_page(client: httpx.Client, body: bytes) -> None:
    with ThreadPoolExecutor(1) as thread, httpx.Client(base_url=client.base_url) as other:
        sent = thread.submit(client.post, "/add", files={"opml": ("list.opml", body)}, timeout=120)
        slowest = 0.0
        while not sent.done():
            began = time.monotonic()
            assert other.get("/health/live", timeout=120).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        assert sent.result().status_code == 400
    assert slowest < AT_ONCE


@pytest.mark.usefixtures("open_for_all")
def test_strangers_add_so_many_feeds_in_an_hour(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD_PER_HOUR", "3")
    get_settings.cache_clear()
    urls = [f"https://feed-{number}.example/rss" for number in range(5)]
    statuses = [client.post("/add", data={"url": url}).status_code for url in urls]
    assert statuses == [303, 303, 303, 429, 429]
    assert one("SELECT count(*) FROM podcast") == 3
    many = "\n".join(urls).encode()
    elsewhere = {"x-forwarded-for": "2001:db8::1"}
    refused = client.post("/add", files={"opml": ("list.txt", many)}, headers=elsewhere)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    neighbour = {"x-forwarded-for": "2001:db8::2"}
    assert client.post("/add", data={"url": urls[0]}, headers=neighbour).status_code == 429


@pytest.mark.usefixtures("open_for_all")
def test_list_at_a_url_counts_each_of_its_feeds(
    client: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD_PER_HOUR", "3")
    get_settings.cache_clear()
    rows = "".join(f'<outline xmlUrl="https://{number}.example/f"/>' for number in range(4))
    url = publisher.serve("/list", Answer(body=f"<opml><body>{rows}</body></opml>".encode()))
    elsewhere = {"x-forwarded-for": "2001:db8:5::1"}
    one_feed = {"url": "https://feed-0.example/rss"}
    assert client.post("/add", data=one_feed, headers=elsewhere).status_code == 303
    refused = client.post("/add", data={"url": url}, headers=elsewhere)
    assert refused.status_code == 429
    assert "At most 3 feeds may be added in an hour" in refused.text
    assert one("SELECT count(*) FROM podcast") == 1


@pytest.mark.usefixtures("open_for_all")
def test_operators_add_without_a_limit(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD_PER_HOUR", "1")
    get_settings.cache_clear()
    add_accounts()
    token = enter(client)
    for number in range(3):
        form = {"url": f"https://feed-{number}.example/rss", "form_token": token}
        assert client.post("/add", data=form).status_code == 303


def _slow_artwork(publisher: FaultServer, count: int) -> list[int]:
    """Podcasts whose artwork comes from a server that takes a minute."""
    ids = [in_transaction(add_podcast) for _ in range(count)]
    for number in ids:
        url = publisher.serve(f"/slow/{number}", Answer(body=png(8), delay_seconds=60))
        execute("UPDATE podcast SET image = :url WHERE id = :id", url=url, id=number)
    return ids


def test_slow_artwork_blocks_no_page(
    client: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artwork, "WAIT_SECONDS", 20.0)
    monkeypatch.setattr(fetch, "DEADLINE_SECONDS", 20.0)
    ids = _slow_artwork(publisher, 60)
    with ThreadPoolExecutor(len(ids)) as threads, _other(client) as other:
        requests = [threads.submit(other.get, f"/artwork/podcasts/{number}") for number in ids]
        assert client.get("/podcasts").status_code == 200
        assert not any(one.done() for one in requests)
        shown = [one.result() for one in requests]
    fetch.end_artwork_fetches()
    assert {one.status_code for one in shown} == {200}
    assert "no-store" in {one.headers["cache-control"] for one in shown}


def test_process_ends_though_artwork_waits(database: str, publisher: FaultServer) -> None:
    """All of them would take more than three minutes, four at once."""
    settings = {
        "OVERHEARD_DATABASE_URL": database,
        "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.1/32:{publisher.port}",
    }
    ids = _slow_artwork(publisher, 100)
    with (
        web_process(settings, ends_within=100) as url,
        ThreadPoolExecutor(len(ids)) as threads,
    ):
        for number in ids:
            threads.submit(httpx.get, f"{url}/artwork/podcasts/{number}", trust_env=False)


def _other(client: httpx.Client) -> httpx.Client:
    return httpx.Client(
        base_url=client.base_url,
        trust_env=False,
        timeout=60,
        limits=httpx.Limits(max_connections=200),
    )


@pytest.fixture
def _no_connections(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All connections of the pool are in use, and nobody waits for long."""
    del database
    forget_engine()
    # By its name: as an attribute of the package it is the function.
    monkeypatch.setattr(import_module("models.database.engine"), "POOL_SECONDS", 0.2)
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(engine().connect())
        yield
    forget_engine()


@pytest.mark.usefixtures("_no_connections")
@pytest.mark.parametrize(
    "path", ["/people", "/api/v1/people", "/no-such-page", "/sign-in", "/health/ready"]
)
def test_a_page_without_a_connection_is_503_to_retry(client: httpx.Client, path: str) -> None:
    answer = client.get(path, cookies={"overheard_session": "x"})
    assert answer.status_code in {404, 503}
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    assert (answer.status_code == 404) == (path == "/no-such-page")


def test_a_full_lane_refuses_at_once_and_others_go_on(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes.Lane, "enter", _refusing(lanes.SIGN_IN, lanes.Lane.enter))
    refused = client.post("/sign-in", data={"name": "Ada", "password": "x"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert client.get("/people").status_code == 200
    known = {"overheard_device": "1.0.0"}
    assert client.post("/sign-in", data={"name": "A"}, cookies=known).status_code == 307


def _refusing(spec: lanes.LaneSpec, enter: object) -> object:
    async def refuse(lane: lanes.Lane) -> bool:
        return False if lane.spec is spec else await enter(lane)  # type: ignore[operator]

    return refuse


def test_wrong_keys_do_not_refuse_the_right_one(client: httpx.Client) -> None:
    right = in_transaction(lambda s: create_key(s, "right", ("read",), database_time(s)))
    wrong = {"authorization": "Bearer ohk_00000000_wrong"}
    statuses = [
        client.get("/api/v1/people", headers=wrong).status_code for _ in range(_WRONG_KEYS + 5)
    ]
    assert statuses == [401] * _WRONG_KEYS + [429] * 5
    answer = client.get("/api/v1/people", headers={"authorization": f"Bearer {right}"})
    assert answer.status_code == 200


def test_limits_of_the_api_are_by_network(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_API_RATE_PER_MINUTE", "5")
    get_settings.cache_clear()
    statuses = {
        client.get(
            "/api/v1/people", headers={"x-forwarded-for": f"2001:db8:1:2::{number:x}"}
        ).status_code
        for number in range(1, 20)
    }
    assert statuses == {200, 429}
    elsewhere = {"x-forwarded-for": "2001:db8:1:3::1"}
    assert client.get("/api/v1/people", headers=elsewhere).status_code == 200


def test_control_characters_of_a_path_are_logged_escaped(
    client: httpx.Client,
) -> None:
    with capture_logs() as lines:
        client.get("/%1b%5B31mred%0Aevent=forged%E2%80%AE%C2%9B")
        client.get("/health/live")
    path = next(line["path"] for line in lines if line["event"] == "request")
    assert path.isprintable()
    assert path == "/\\x1b[31mred\\nevent=forged\\u202e\\x9b"


def test_requests_in_parallel_wait_for_their_turn(client: httpx.Client) -> None:
    statuses: list[int] = []
    with _other(client) as other:

        def ask() -> None:
            statuses.append(other.get("/people").status_code)

        threads = [threading.Thread(target=ask) for _ in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 40
