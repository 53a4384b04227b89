"""A web process for a measurement, and clients that ask it."""

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Ask = Callable[[str], int]
CLIENTS, SECONDS = 64, 5.0


@contextmanager
def asking() -> Iterator[Callable[[], http.client.HTTPConnection]]:
    """A web process over the database of the settings; gives a connection to it, each time."""
    command = [sys.executable, "-m", "workers.cli", "web"]
    environment = os.environ | {"OVERHEARD_WEB_PORT": "0", "OVERHEARD_LOG_LEVEL": "info",
                                "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0"}  # fmt: skip
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


def requests_per_second(
    connect: Callable[[], http.client.HTTPConnection], path: str = "/api/v1/people/person-1"
) -> float:
    """How many answers 64 clients get in a second; they run on the same cores."""
    counts, ended = [0] * CLIENTS, threading.Event()

    def client(number: int) -> None:
        connection = connect()
        while not ended.is_set():
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            counts[number] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    time.sleep(SECONDS)
    ended.set()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)
