"""Web processes are killed while they meter: nothing is billed that was not answered."""

import itertools
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key
from tasks.plans.store.usage import billing, usage_differences
from tests.factories import one
from tests.paths import DATA

pytestmark = pytest.mark.slow

PROCESSES, KILLS = 8, 25
CALLS = int(os.environ.get("METERED_CALLS", "20000"))


class WebProcess:
    """One web process that is started again when it was killed; one client at a time."""

    def __init__(self, settings: dict[str, str]) -> None:
        self._settings = settings
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", "web"],
            env=os.environ | self._settings,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                self.url = found[0]
                break
        drain = threading.Thread(target=self.process.stderr.read, daemon=True)
        drain.start()

    def end(self, with_signal: int = signal.SIGTERM) -> None:
        self.process.send_signal(with_signal)
        self.process.wait(timeout=60)


def test_killed_processes_bill_no_request_that_was_not_answered(
    database: str, tmp_path: Path
) -> None:
    settings = {
        "OVERHEARD_DATABASE_URL": database,
        "OVERHEARD_BROKER_URL": "redis://127.0.0.1:1/0",
        "OVERHEARD_PLANS": str(DATA / "plans" / "plans.toml"),
        "OVERHEARD_WEB_PORT": "0",
        "OVERHEARD_API_RATE_PER_MINUTE": "1000000",
        "OVERHEARD_SEARCH_INDEX": str(tmp_path),
    }
    key = in_transaction(lambda s: create_key(s, "all", ("read",), database_time(s)))
    in_transaction(
        lambda s: s.connection().exec_driver_sql("UPDATE api_key SET plan = 'unlimited'")
    )
    processes = [WebProcess(settings) for _ in range(PROCESSES)]
    calls = itertools.count()
    answers = [0] * PROCESSES
    kills = itertools.count()
    killed = 0
    lock = threading.Lock()

    def use(number: int) -> None:
        nonlocal killed
        process, chance = processes[number], random.Random(number)  # noqa: S311
        client = httpx.Client(headers={"authorization": f"Bearer {key}"}, timeout=30)
        next_kill = CALLS // KILLS
        while next(calls) < CALLS:
            try:
                answer = client.get(f"{process.url}/api/v1/people?limit=1")
                answers[number] += answer.status_code == 200
            except httpx.TransportError:
                process.process.wait(timeout=60)
                process.start()
            with lock:
                due = sum(answers) >= next_kill * (killed + 1) and killed < KILLS
                killed += due
            if due:
                victim = processes[next(kills) % PROCESSES]
                time.sleep(chance.random() / 100)  # at any moment of a request
                victim.process.kill()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        if process.process.poll() is None:
            process.end()
    assert killed == KILLS
    assert in_transaction(usage_differences) == []
    counter = int(one("SELECT sum(requests) FROM usage_counter"))
    month = one("SELECT max(month) FROM usage_counter")
    assert [row.requests for row in in_transaction(billing, month)] == [counter]
    print(f"{sum(answers)} answered, {counter} billed, {killed} kills")
    assert 0 <= sum(answers) - counter <= KILLS
