"""An outage of each server during an ingest: few log lines, readiness, and nothing lost.

`OUTAGE_SECONDS=300` makes each of them take five minutes.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.chaos.system import System, chaos_system
from tests.acceptance.conftest import Ingested
from tests.acceptance.killing import COMMANDS
from tests.paths import ROOT
from tests.servers.debian import free_port
from tests.servers.worker import children_of
from workers.local.embedded.process import ServerProcess, listener_pid

_ON_REQUEST = pytest.mark.skipif(
    "OUTAGE_SECONDS" not in os.environ, reason="outages take minutes: OUTAGE_SECONDS=20"
)
pytestmark = [_ON_REQUEST, pytest.mark.slow]

OUTAGE_SECONDS = float(os.environ.get("OUTAGE_SECONDS", "20"))
# A probe that is not answered in this time has failed, as for an orchestrator.
PROBE_SECONDS = 5.0
READY_SECONDS = 10.0
MOST_LINES = 3
_READINESS = """
import sys
from models.database import forget_engine
from workers.worker.readiness import readiness_failure
for line in sys.stdin:
    forget_engine()
    print(readiness_failure() or "ready", flush=True)
"""
# What an outage leaves to be done, by name: work that others claim again.
OF_WORK = {"job_lost", "poll_worker_lost", "messages_republished", "jobs_published"}


@contextmanager
def stopped(system: System, server: ServerProcess) -> Iterator[None]:
    """Stop all processes of a server for the block: it accepts connections, and says nothing."""
    del system
    pid = listener_pid(server.socket)
    assert pid
    os.kill(pid, signal.SIGSTOP)  # the first, so that it starts no other
    processes = [pid, *children_of(pid)]
    for each in processes:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in reversed(processes):
            os.kill(each, signal.SIGCONT)


@contextmanager
def killed(system: System, server: ServerProcess) -> Iterator[None]:
    """Kill a server, and start it again after the block."""
    system.stop_server(server, signal.SIGKILL)
    try:
        yield
    finally:
        system.servers.ensure_running()


@pytest.fixture(scope="module")
def system(ingested: Ingested) -> Iterator[System]:
    if ingested.world.name != "demo":
        pytest.skip("one world is enough")
    settings = {"OVERHEARD_WEB_PORT": str(free_port()), "OVERHEARD_LOG_FORMAT": "json"}
    with chaos_system(ingested.world, **settings) as running:
        yield running


@pytest.mark.parametrize("outage", [stopped, killed], ids=lambda outage: outage.__name__)
@pytest.mark.parametrize("server", ["valkey", "postgres"])
def test_outage_is_three_lines_and_loses_nothing(
    outage: Callable[..., Any], server: str, system: System, ingested: Ingested
) -> None:
    system.reset()
    with system.service({**COMMANDS, "web": ("web",)}), Readiness(system) as worker:
        probes = [worker.is_ready]
        if server == "postgres":  # pages need no broker
            probes.append(partial(is_web_ready, system))
        for probe in probes:
            system.wait(probe)
        system.until_jobs_run()
        began = sizes_of_logs(system)
        with outage(system, getattr(system, server)):
            started = time.monotonic()
            unready = [seconds_until(probe, wanted=False) for probe in probes]
            time.sleep(max(0.0, OUTAGE_SECONDS - (time.monotonic() - started)))
        ready = [seconds_until(probe) for probe in probes]
        recovery = system.wait_until_idle()
    lines = new_lines(system, began)
    result = system.compare(server, {outage.__name__: 1}, recovery, ingested.contents)
    print(f"{server} {outage.__name__}: not ready after {unready} s, ready after {ready} s")
    print(*shown(lines), sep="\n")
    for name, events in lines.items():
        assert len(events) <= MOST_LINES, (name, events)
    assert result.is_clean, result
    assert not result.job_totals["dead"]
    assert max(*unready, *ready) < READY_SECONDS


def seconds_until(probe: Callable[[], bool], *, wanted: bool = True) -> float:
    """How long it takes until a probe says what is wanted."""
    started = time.monotonic()
    while probe() is not wanted:
        assert time.monotonic() - started < 12 * READY_SECONDS
        time.sleep(0.2)
    return round(time.monotonic() - started, 1)


def is_web_ready(system: System) -> bool:
    port = system.installation.settings["OVERHEARD_WEB_PORT"]
    try:
        answer = httpx.get(
            f"http://127.0.0.1:{port}/health/ready", timeout=PROBE_SECONDS, trust_env=False
        )
    except httpx.TransportError:
        return False
    return answer.status_code == 200


class Readiness:
    """What `overheard health worker --ready` checks, in a process that has imported it before."""

    def __init__(self, system: System) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _READINESS],
            env=system.installation.environment | urls(system),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._waiting = False

    def __enter__(self) -> "Readiness":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def is_ready(self) -> bool:
        """Whether the answer comes in time, and is yes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if not self._waiting:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        readable, _, _ = select.select([self._process.stdout], [], [], PROBE_SECONDS)
        self._waiting = not readable
        return bool(readable) and self._process.stdout.readline() == "ready\n"


def sizes_of_logs(system: System) -> Counter[str]:
    return Counter({path.name: path.stat().st_size for path in logs(system)})


def new_lines(system: System, began: Counter[str]) -> dict[str, list[dict[str, Any]]]:
    """What each process logged of an outage: warnings, errors and its end."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in logs(system):
        text = path.read_bytes()[began[path.name] :]
        lines = [json.loads(line) for line in text.splitlines()]
        found[path.name] = [line for line in lines if is_about_outage(line)]
    return found


def is_about_outage(line: dict[str, Any]) -> bool:
    return line["event"] not in OF_WORK and (
        line["level"] != "info" or line["event"].startswith("server_")
    )


def shown(lines: dict[str, list[dict[str, Any]]]) -> list[str]:
    keys = (
        "event",
        "logger",
        "server",
        "reason",
        "message",
        "failures",
        "seconds",
        "path",
        "status",
    )
    return [
        f"{name}: " + " ".join(f"{key}={line[key]}" for key in keys if key in line)
        for name, each in lines.items()
        for line in each
    ]


def logs(system: System) -> list[Path]:
    own = system.installation.data
    return [*sorted((own / "logs").glob("*.jsonl")), own / "web.log"]


def urls(system: System) -> dict[str, str]:
    own = system.installation.urls
    return {"OVERHEARD_DATABASE_URL": own.database_url, "OVERHEARD_BROKER_URL": own.broker_url}
