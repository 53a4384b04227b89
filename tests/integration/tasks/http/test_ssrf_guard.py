"""The guard, asked through the real client: nothing inside is dialled, however it is spelled."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tasks.http.client import open_client
from tasks.http.fetch import fetch
from tasks.http.ssrf_guard import Guard
from tasks.http.values import FetchFailed, FetchRequest
from tests.servers.answers import Answer, redirect
from tests.servers.asking import LIMITS, USER_AGENT, failure_of, guard_for
from tests.servers.fault_server import FaultServer


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",  # noqa: S104 - an address to refuse, not one to bind
        "[::]",
        "[::ffff:127.0.0.1]",
        "good.com@127.0.0.1",
    ],
)
def test_no_spelling_of_this_machine_is_dialled(server: FaultServer, host: str) -> None:
    server.serve("/", Answer(body=b"inside"))
    hosts = {"localhost": ["127.0.0.1", "::1"]}
    ports = frozenset({server.port})
    failed = failure_of(f"http://{host}:{server.port}/", Guard(ports=ports), hosts=hosts)
    assert (failed.reason, failed.retriable) == ("address_refused", False)
    assert server.connections == 0


@pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "0x7f.1", "127.1"])
def test_no_number_for_this_machine_is_dialled(server: FaultServer, host: str) -> None:
    failed = failure_of(f"http://{host}:{server.port}/", guard_for(server))
    assert failed.reason == "bad_url"
    assert server.connections == 0


@pytest.mark.parametrize(
    "url", ["http://a.example/\x00", "http://a.example/\r\nX: y", "file:///etc/passwd"]
)
def test_a_url_that_is_never_fetched_fails_before_any_connection(url: str) -> None:
    assert failure_of(url, Guard()).reason in {"bad_url", "scheme_refused"}


def test_the_refusal_says_which_host_and_address_and_why() -> None:
    failed = failure_of("http://inner.example/", Guard(), hosts={"inner.example": ["10.1.2.3"]})
    assert str(failed) == "inner.example: 10.1.2.3 is private"


@pytest.mark.parametrize("answers", [["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "::1", "1.1.1.1"]])
def test_a_name_with_public_and_inner_addresses_is_refused_altogether(
    server: FaultServer, answers: list[str]
) -> None:
    url = f"http://mixed.example:{server.port}/"
    ports = frozenset({server.port})
    failed = failure_of(url, Guard(ports=ports), hosts={"mixed.example": answers})
    assert failed.reason == "address_refused"
    assert server.connections == 0


def test_a_name_that_moves_inside_between_two_looks_is_refused_when_dialled(
    server: FaultServer,
) -> None:
    # DNS rebinding: the name was public when it was added, and the redirect looks it up anew.
    looks: list[str] = []

    def rebinding(host: str, _port: int, _family: int) -> list[str]:
        looks.append(host)
        return ["127.0.0.1"] if len(looks) == 1 else ["127.0.0.2"]

    async def add_by_url() -> None:
        async with open_client(guard_for(server), USER_AGENT, rebinding) as client:
            # Another spelling of the name is not in the cache of answers.
            server.serve("/old", redirect(f"http://rebind.example.:{server.port}/new"))
            url = f"http://rebind.example:{server.port}/old"
            await fetch(client, FetchRequest(url), LIMITS)

    with pytest.raises(FetchFailed) as failed:
        asyncio.run(add_by_url())
    assert failed.value.reason == "address_refused"
    assert "127.0.0.2" in str(failed.value)
    assert len(looks) == 2


def test_the_address_is_judged_again_when_it_is_dialled() -> None:
    addr_info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))
    with pytest.raises(OSError, match=r"127\.0\.0\.1 is loopback"):
        Guard().socket_for(addr_info)
