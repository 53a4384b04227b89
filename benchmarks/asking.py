"""A web process for a measurement, and clients that send it requests."""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks.sizes import size

Connect = Callable[[], http.client.HTTPConnection]
CLIENTS, SECONDS = 64, size(5.0, 0.5)


class Times(NamedTuple):
    """Durations in milliseconds, with their percentiles."""

    p50: float
    p95: float
    most: float

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> "Times":
        """The durations of at least one measurement."""
        ordered = sorted(milliseconds)
        p95 = ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]
        return cls(ordered[len(ordered) // 2], p95, ordered[-1])


@contextmanager
def asking() -> Iterator[Connect]:
    """A web process for the database of the settings; yields a factory of connections to it."""
    command = [sys.executable, "-m", "workers.cli", "web"]
    environment = os.environ | {
        "OVERHEARD_WEB_PORT": "0",
        "OVERHEARD_LOG_LEVEL": "info",
        "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0",
    }
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = None
    while not found:
        line = process.stderr.readline()
        assert line, "the web process ended"
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    port = int(found[1])
    drain = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
    try:
        yield lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    finally:
        process.terminate()
        process.wait(timeout=30)
        drain.wait(timeout=30)


def timed(
    connection: http.client.HTTPConnection,
    paths: Sequence[str],
    count: int,
    before: Callable[[str], object] = lambda _: None,
) -> Times:
    """Request these paths in turn, so many times each, after one unmeasured request of each.

    ``before`` is called with the path before each request, and not measured.
    """
    connection.close()  # the server may have closed it: the previous step can take long
    taken = []
    for number in range(-min(count, len(paths)), count):
        path = paths[number % len(paths)]
        before(path)
        taken.append((number, _one(connection, path)))
    return Times.of([spent for number, spent in taken if number >= 0])


def _one(connection: http.client.HTTPConnection, path: str) -> float:
    began = time.perf_counter()
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, (path, answer.status)
    return (time.perf_counter() - began) * 1000


def requests_per_second(connect: Connect, paths: Sequence[str]) -> tuple[float, Times]:
    """Responses per second for 64 clients, and their latency; on the same cores."""
    taken: list[list[float]] = [[] for _ in range(CLIENTS)]
    ended = threading.Event()

    def client(number: int) -> None:
        connection = connect()
        while not ended.is_set():
            path = paths[(number + len(taken[number])) % len(paths)]
            taken[number].append(_one(connection, path))
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    ended.set()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - began
    together = [one for some in taken for one in some]
    return len(together) / spent, Times.of(together)
