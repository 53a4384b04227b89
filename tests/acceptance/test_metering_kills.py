"""Web processes are killed while they meter: nothing is billed that was not answered.

OVERHEARD_METERED_CALLS says how many calls are made.
"""

import itertools
import multiprocessing
import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess

import httpx
import pytest
import uvicorn

from models import get_settings
from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key
from tasks.plans.store.usage import billing, usage_differences
from tests.factories import execute, one
from tests.paths import DATA

pytestmark = pytest.mark.slow

PROCESSES, KILLS = 8, 25
CALLS = int(os.environ.get("OVERHEARD_METERED_CALLS", "1000"))
# A process that has imported the application makes the others, in milliseconds instead of seconds.
SERVERS = multiprocessing.get_context("forkserver")
SERVERS.set_forkserver_preload(["web.app"])


def serve(port: int, settings: dict[str, str]) -> None:
    """A web process, until it is killed.

    The settings are passed on: another test may have started the server of forks with its own.
    """
    os.environ.update(settings)
    from web.app import create_app  # noqa: PLC0415  the tests' own process needs no application

    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_config=None, access_log=False)


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("OVERHEARD_")}


class WebSlot:
    """A port, and the web process behind it, which is started again when it was killed."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port: int = listening.getsockname()[1]
        self.process = self.start()

    def start(self) -> BaseProcess:
        self.process = SERVERS.Process(target=serve, args=(self.port, _settings()), daemon=True)
        self.process.start()
        while self.process.is_alive():
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=60).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        return self.process


@pytest.fixture
def metered(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[WebSlot]]:
    """Eight web processes over one database, with plans."""
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", database)
    monkeypatch.setenv("OVERHEARD_PLANS", str(DATA / "plans" / "plans.toml"))
    monkeypatch.setenv("OVERHEARD_API_RATE_PER_MINUTE", "1000000")
    get_settings.cache_clear()
    slots = [WebSlot() for _ in range(PROCESSES)]
    yield slots
    for slot in slots:
        slot.process.kill()
        slot.process.join()
    get_settings.cache_clear()


def test_killed_processes_bill_no_request_without_an_answer(metered: list[WebSlot]) -> None:
    key = in_transaction(lambda s: create_key(s, "all", ("read",), database_time(s)))
    execute("UPDATE api_key SET plan = 'unlimited'")
    calls, answers, killed = itertools.count(), [0] * PROCESSES, itertools.count(1)
    next_kill = [CALLS // (KILLS + 2)]
    lock = threading.Lock()

    def kill_if_due(chance: random.Random) -> None:
        with lock:
            is_due = sum(answers) >= next_kill[0] and len(kills) < KILLS
            if is_due:
                next_kill[0] += CALLS // (KILLS + 2)
                kills.append(next(killed))
        if is_due:
            time.sleep(chance.random() / 100)  # at any moment of a request
            metered[kills[-1] % PROCESSES].process.kill()

    kills = list[int]()

    def use(number: int) -> None:
        slot, chance = metered[number], random.Random(number)  # noqa: S311
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{slot.port}",
            headers={"authorization": f"Bearer {key}"},
            timeout=600,
            trust_env=False,
        )
        while next(calls) < CALLS:
            try:
                answers[number] += client.get("/api/v1/people?limit=1").status_code == 200
            except httpx.TransportError:
                slot.process.join()
                slot.start()
            kill_if_due(chance)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kills) == KILLS
    _wait_for_the_last_records()
    counter = int(one("SELECT sum(requests) FROM usage_counter"))
    month = one("SELECT max(month) FROM usage_counter")
    assert in_transaction(usage_differences) == []
    assert [row.requests for row in in_transaction(billing, month)] == [counter]
    print(f"{sum(answers)} answered, {counter} billed, {KILLS} kills")
    assert 0 <= sum(answers) - counter <= KILLS


def _wait_for_the_last_records() -> None:
    """A request is recorded just after its answer: wait until nobody writes."""
    active = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%usage_log%' AND pid <> pg_backend_pid() AND state <> 'idle'"  # noqa: E501
    before, now = None, one("SELECT sum(requests) FROM usage_counter")
    while one(active) or before != now:
        time.sleep(0.2)
        before, now = now, one("SELECT sum(requests) FROM usage_counter")
