"""Batches, retries and the fetch loop of a process."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tasks.http.batch import FetchBatch, Outcome
from tasks.http.client import Client, open_client
from tasks.http.event_loop import FetchLoop
from tasks.http.fetch import fetch
from tasks.http.ip_rules import AllowedNetwork
from tasks.http.retries import fetch_with_retries
from tasks.http.ssrf_guard import Guard
from tasks.http.values import BatchLimits, Fetched, FetchFailed, FetchLimits, FetchRequest
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

LIMITS = FetchLimits(deadline_seconds=5)


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def opener(server: FaultServer) -> Callable[[], AbstractAsyncContextManager[Client]]:
    """Return what opens a client for which every name resolves to ``server``."""
    guard = Guard((AllowedNetwork(ip_network(server.host), server.port),))
    return lambda: open_client(guard, "Overheard/0.1", lambda *_: [server.host])


def batch_of(urls: list[str], limits: BatchLimits) -> FetchBatch:
    batch = FetchBatch(LIMITS, limits)
    for number, url in enumerate(urls):
        batch.add(number, FetchRequest(url))
    return batch


def fetched_all(
    server: FaultServer, urls: list[str], limits: BatchLimits, give_up_at: int = 0
) -> list[Outcome]:
    """Return the outcomes in the order of the URLs; give up after ``give_up_at`` outcomes."""

    async def take_all() -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        batch = batch_of(urls, limits)
        async with opener(server)() as client:
            while len(batch):
                given_up = give_up_at and len(outcomes) >= give_up_at
                outcomes |= await (batch.give_up(client) if given_up else batch.take(client, 5))
        return [outcome for _, outcome in sorted(outcomes.items())]

    return asyncio.run(take_all())


def fetch_retrying(server: FaultServer, url: str, limits: FetchLimits = LIMITS) -> Fetched:
    async def fetch_once() -> Fetched:
        async with opener(server)() as client:
            return await fetch_with_retries(client, FetchRequest(url), limits, wait=lambda _: 0.01)

    return asyncio.run(fetch_once())


def bodies(outcomes: list[Outcome]) -> list[bytes | str | None]:
    return [o.body if isinstance(o, Fetched) else o.reason for o in outcomes]


def test_batch_outcomes_come_under_the_key_of_their_request(server: FaultServer) -> None:
    for i in range(20):
        server.serve(f"/{i}", Answer(body=b"%d" % i, delay_seconds=0.02 if i % 3 == 0 else 0))
    urls = [server.url(f"/{i}", f"h{i}.example") for i in range(20)]
    assert bodies(fetched_all(server, urls, BatchLimits())) == [b"%d" % i for i in range(20)]


def test_batch_failure_is_a_value_among_the_others(server: FaultServer) -> None:
    good, bad = server.serve("/good", Answer(body=b"ok")), server.serve("/bad", Answer(reset=True))
    outcomes = fetched_all(server, [good, bad, "file:///x", "http://[", good], BatchLimits())
    assert bodies(outcomes) == [b"ok", "dropped", "scheme_refused", "bad_url", b"ok"]


def test_batch_without_requests_has_no_outcomes(server: FaultServer) -> None:
    assert fetched_all(server, [], BatchLimits()) == []


def test_batch_limits_requests_at_once_per_host(server: FaultServer) -> None:
    for host in "ab":
        for i in range(10):
            server.serve(f"/{host}{i}", Answer(delay_seconds=0.01))
    urls = [server.url(f"/a{i}", "a.example") for i in range(10)]
    fetched_all(server, urls, BatchLimits(per_host=3))
    assert server.max_parallel[""] == 3
    urls += [server.url(f"/b{i}", "b.example") for i in range(10)]
    fetched_all(server, urls, BatchLimits(per_host=3))
    assert server.max_parallel[""] == 6


def test_batch_limits_requests_at_once_overall(server: FaultServer) -> None:
    server.serve("/", Answer(delay_seconds=0.01))
    urls = [server.url("/", f"h{i}.example") for i in range(20)]
    fetched_all(server, urls, BatchLimits(concurrency=5))
    assert server.max_parallel[""] == 5


def test_batch_starts_no_request_while_its_buffer_is_full(
    server: FaultServer,
) -> None:
    server.serve("/", Answer(body=b"x" * 1000))
    batch = batch_of([server.url("/", f"h{i}.example") for i in range(10)], BatchLimits(1, 1, 2500))

    async def take_counts() -> list[int]:
        counts = []
        async with opener(server)() as client:
            while len(batch):
                counts.append(len(await batch.take(client, 5)))
        return counts

    counts = asyncio.run(take_counts())  # how many arrive together depends on the machine
    assert sum(counts) == 10
    assert max(counts) <= 3


def test_batch_accepts_requests_while_others_are_in_flight(
    server: FaultServer,
) -> None:
    slow, quick = server.serve("/slow", Answer(hang=True)), server.serve("/", Answer(body=b"ok"))
    batch = batch_of([slow, quick.replace(server.host, "quick.example")], BatchLimits())

    async def take_counts() -> list[list[int]]:
        async with opener(server)() as client:
            first = await batch.take(client, 5)
            batch.add(2, FetchRequest(quick))
            second = await batch.take(client, 5)
            return [
                [key for key, _ in outcomes]
                for outcomes in (first, second, await batch.give_up(client))
            ]

    assert asyncio.run(take_counts()) == [[1], [2], [0]]


def test_batch_with_a_crashed_fetch_completes_the_others(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def buggy(client: Client, request: FetchRequest, limits: FetchLimits) -> Fetched:
        if request.url.endswith("/bug"):
            raise RuntimeError("a bug")
        return await fetch(client, request, limits)

    monkeypatch.setattr("tasks.http.batch.fetch", buggy)
    good = server.serve("/", Answer(body=b"ok"))
    assert bodies(fetched_all(server, [good, f"{good}bug"], BatchLimits())) == [b"ok", "crashed"]


def test_batch_with_a_hanging_host_completes_the_others(server: FaultServer) -> None:
    server.serve("/slow", Answer(hang=True))
    server.serve("/quick", Answer(body=b"ok"))
    urls = [server.url("/slow", "slow.example")] * 20
    urls += [server.url("/quick", f"q{i}.example") for i in range(20)]
    limits = BatchLimits(concurrency=4, per_host=2)
    outcomes = bodies(fetched_all(server, urls, limits, give_up_at=20))
    assert outcomes[20:] == [b"ok"] * 20
    # Two had started and were given up; the others never started, which is not their failure.
    assert sorted(map(str, outcomes[:20])) == ["not_attempted"] * 18 + ["timeout"] * 2


def test_batch_cancelled_leaves_no_request_running(server: FaultServer) -> None:
    url = server.serve("/slow", Answer(hang=True))

    async def cancelled() -> int:
        async with opener(server)() as client:
            taking = asyncio.create_task(batch_of([url] * 3, BatchLimits()).take(client, 5))
            await asyncio.sleep(0.05)
            taking.cancel()
            await asyncio.wait([taking])
            return len(asyncio.all_tasks())

    assert asyncio.run(cancelled()) == 1


@pytest.mark.parametrize(
    "transient",
    [
        Answer(503),
        Answer(502),
        Answer(503, headers={"Retry-After": "0"}),
        Answer(body=b"cut", drop_after=1),
    ],
)
def test_retry_of_a_transient_failure_succeeds(server: FaultServer, transient: Answer) -> None:
    url = server.serve("/feed", transient, transient, Answer(body=b"ok"))
    assert fetch_retrying(server, url).body == b"ok"
    assert len(server.requests) == 3


def test_retry_returns_the_third_response_whatever_its_status(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(503), Answer(503), Answer(504), Answer(body=b"late"))
    assert fetch_retrying(server, url).status == 504
    assert len(server.requests) == 3


def test_retry_raises_the_third_failure_unchanged(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"cut", drop_after=1))
    with pytest.raises(FetchFailed) as failed:
        fetch_retrying(server, url)
    assert failed.value.reason == "truncated"
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "answer", [Answer(404), Answer(429), Answer(500), Answer(503, headers={"Retry-After": "6"})]
)
def test_retry_is_not_made_for_a_lasting_failure(server: FaultServer, answer: Answer) -> None:
    limits = replace(LIMITS, deadline_seconds=30)
    assert fetch_retrying(server, server.serve("/feed", answer), limits).status == answer.status
    assert len(server.requests) == 1


def test_retry_is_not_made_for_a_refused_address(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(302, headers={"Location": "http://10.0.0.1/"}))
    with pytest.raises(FetchFailed) as failed:
        fetch_retrying(server, url)
    assert failed.value.reason == "address_refused"
    assert len(server.requests) == 1


def test_retry_attempts_share_one_deadline(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(503, delay_seconds=0.2))
    started = time.monotonic()
    with pytest.raises(FetchFailed) as failed:
        fetch_retrying(server, url, replace(LIMITS, deadline_seconds=0.3))
    assert failed.value.reason == "timeout"
    assert time.monotonic() - started < 1


def test_fetch_loop_reuses_its_connection_between_tasks(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"ok"))
    loop = FetchLoop(opener(server))
    try:
        got = [loop.run(lambda client: fetch(client, FetchRequest(url), LIMITS)) for _ in range(3)]
        assert bodies(list(got)) == [b"ok"] * 3
        assert server.connections == 1
    finally:
        loop.close()


def test_fetch_loop_stays_usable_after_a_failed_fetch(server: FaultServer) -> None:
    loop = FetchLoop(opener(server))
    bad, good = server.serve("/bad", Answer(reset=True)), server.serve("/good", Answer(body=b"ok"))
    try:
        with pytest.raises(FetchFailed):
            loop.run(lambda client: fetch(client, FetchRequest(bad), LIMITS))
        assert loop.run(lambda client: fetch(client, FetchRequest(good), LIMITS)).body == b"ok"
    finally:
        loop.close()


class SoftTimeLimit(Exception):
    """What a worker raises in a task that exceeds its time limit."""


def test_fetch_loop_reopens_after_an_interrupted_task(
    server: FaultServer,
) -> None:
    opened: list[Client] = []

    @asynccontextmanager
    async def counted() -> AsyncIterator[Client]:
        async with opener(server)() as client:
            opened.append(client)
            yield client

    async def interrupted(_: Client) -> None:
        raise SoftTimeLimit

    url = server.serve("/feed", Answer(body=b"ok"))
    loop = FetchLoop(counted)
    try:
        with pytest.raises(SoftTimeLimit):
            loop.run(interrupted)
        assert opened[0].transport.session.closed
        assert loop.run(lambda client: fetch(client, FetchRequest(url), LIMITS)).body == b"ok"
        assert len(opened) == 2
    finally:
        loop.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_fetch_loop_after_fork_opens_its_own_connections(server: FaultServer) -> None:
    url = server.serve("/feed", Answer(body=b"ok"))
    loop = FetchLoop(opener(server))

    def body() -> bytes | None:
        return loop.run(lambda client: fetch(client, FetchRequest(url), LIMITS)).body

    try:
        assert body() == b"ok"
        child = os.fork()
        if child == 0:
            os._exit(0 if body() == b"ok" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert body() == b"ok"
        assert [seen.connection for seen in server.requests] == [1, 2, 1]
    finally:
        loop.close()


def test_fetch_loop_never_opened_closes_without_effect(server: FaultServer) -> None:
    FetchLoop(opener(server)).close()
    assert server.connections == 0
