"""What metering costs a request of the API: the same requests with plans and without, in one run.

Two web processes share a database, and one of them has plans. A client sends a request to each in
turn, so that both meet the same load of the machine; then several clients send to one, in turns.
"""

import http.client
import json
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from sqlalchemy import update
from sqlmodel import Session, col

from benchmarks.asking import Connect, Times, asking
from benchmarks.database import empty_database
from benchmarks.sizes import size
from models import ApiKey
from models.database import database_time, in_transaction
from models.database.sql import execute
from tasks.auth.store.api_keys import create_key
from tasks.plans.store.usage import usage_differences

ROUNDS, REQUESTS = size(20, 1), size(250, 50)
CLIENTS, TURNS, SECONDS = 4, size(6, 1), size(3.0, 0.3)
PATH = "/api/v1/people?limit=1"
# Beyond any measurement; a limit by month is read again each second, and no limit never.
_PLANS = """
[plans.limited]
requests_a_month = 1000000000
requests_a_minute = 1000000000
default = true

[plans.unlimited]
requests_a_minute = 1000000000
"""


def run() -> None:
    """Print the latency with each plan and without plans, and the throughput."""
    rate = _environment("API_RATE_PER_MINUTE", str(10**9))
    with empty_database(), rate, asking() as plain, _plans(), asking() as metered:
        for plan in ("limited", "unlimited"):
            key = in_transaction(_key_of, plan)
            _print_latency(plan, list(_rounds(plain(), metered(), key)))
        _print_throughput(plain, metered, key)
        _assert_exact(metered(), key)


def _key_of(session: Session, plan: str) -> str:
    key = create_key(session, plan, ("read",), database_time(session))
    execute(session, update(ApiKey).where(col(ApiKey.name) == plan).values(plan=plan))
    return key


@contextmanager
def _plans() -> Iterator[None]:
    """Plans for the processes that are started within."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plans.toml"
        path.write_text(_PLANS)
        with _environment("PLANS", str(path)):
            yield


@contextmanager
def _environment(setting: str, value: str) -> Iterator[None]:
    """A setting for the processes that are started within."""
    os.environ[f"OVERHEARD_{setting}"] = value
    try:
        yield
    finally:
        del os.environ[f"OVERHEARD_{setting}"]


def _rounds(
    plain: http.client.HTTPConnection, metered: http.client.HTTPConnection, key: str
) -> Iterator[tuple[Times, Times]]:
    """Latency without and with metering, in rounds of requests that are sent in turn."""
    for _ in range(20):  # the first ones fill caches
        _request(plain, key), _request(metered, key)
    for _ in range(ROUNDS):
        taken: dict[http.client.HTTPConnection, list[float]] = {plain: [], metered: []}
        for number in range(REQUESTS):
            for connection in (plain, metered) if number % 2 else (metered, plain):
                taken[connection].append(_request(connection, key))
        yield Times.of(taken[plain]), Times.of(taken[metered])


def _request(connection: http.client.HTTPConnection, key: str, path: str = PATH) -> float:
    began = time.perf_counter()
    connection.request("GET", path, headers={"authorization": f"Bearer {key}"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return (time.perf_counter() - began) * 1000


def _print_latency(plan: str, rounds: Sequence[tuple[Times, Times]]) -> None:
    """The median of the rounds: a burst of other load is in few of them."""
    p50 = median(metered.p50 - plain.p50 for plain, metered in rounds)
    p95 = median(metered.p95 - plain.p95 for plain, metered in rounds)
    print(
        f"{plan}: {ROUNDS} rounds of {REQUESTS} requests each; without metering p50 "
        f"{median(plain.p50 for plain, _ in rounds):.2f} ms and p95 "
        f"{median(plain.p95 for plain, _ in rounds):.2f}; metering adds {p50:+.2f} and {p95:+.2f}"
    )


def _print_throughput(plain: Connect, metered: Connect, key: str) -> None:
    """Requests per second of several clients, in turns without and with metering."""
    rates = {plain: list[float](), metered: list[float]()}
    for _ in range(TURNS):
        for connect, found in rates.items():
            found.append(_rate(connect, key))
    without, beside = (median(found) for found in rates.values())
    cost = (1 / beside - 1 / without) * 1000
    print(
        f"{CLIENTS} clients: {without:,.0f} requests/s without metering, {beside:,.0f} with: "
        f"{cost:+.2f} ms a request"
    )


def _rate(connect: Connect, key: str) -> float:
    counts = [0] * CLIENTS
    until = time.perf_counter() + SECONDS

    def client(number: int) -> None:
        connection = connect()
        while time.perf_counter() < until:
            _request(connection, key)
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def _assert_exact(connection: http.client.HTTPConnection, key: str) -> None:
    """What was measured was metered."""
    assert in_transaction(usage_differences) == []
    connection.request("GET", "/api/v1/usage", headers={"authorization": f"Bearer {key}"})
    used = json.loads(connection.getresponse().read())["used"]
    assert used >= REQUESTS, used


if __name__ == "__main__":
    run()
