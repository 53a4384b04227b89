"""From the hub's push to the stored episode, through real web, beat and worker processes."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.factories import one, rows
from tests.integration.commands import run_process
from tests.integration.tasks.polling.test_polling import rss
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.hub import Hub, port_of, running_hub
from tests.servers.worker import kill_group, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database", "broker")]


# Seconds; five processes begin at once, perhaps on a busy machine.
PATIENCE = 300


@contextmanager
def process(log: Path, *words: str, **environment: str) -> Iterator[None]:
    """`overheard WORDS…`, killed at the end of the block."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "workers.cli", *words],
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        yield
    finally:
        kill_group(running)


def address_in(log: Path) -> str:
    found = re.search(r"http://[\d.]+:\d+", log.read_text())
    return found[0] if found else ""


def serve(publisher: FaultServer, hub: Hub, *guids: str) -> str:
    links = f'<link rel="hub" href="{hub.url}" xmlns="http://www.w3.org/2005/Atom"/>'
    body = rss(*guids).replace(b"<channel>", f"<channel>{links}".encode())
    return publisher.serve("/feed", Answer(body=body))


def test_a_pushed_episode_is_stored_by_the_running_service(
    publisher: FaultServer, tmp_path: Path
) -> None:
    web, work = tmp_path / "web.log", tmp_path / "work.log"
    with running_hub() as hub, ExitStack() as stack:
        stack.enter_context(process(web, "web", OVERHEARD_WEB_PORT="0"))
        wait_until(lambda: address_in(web), PATIENCE)
        settings = {
            "OVERHEARD_PUBLIC_URL": address_in(web),
            "OVERHEARD_ALLOWED_NETWORKS": ",".join(
                f"127.0.0.1/32:{port}" for port in (publisher.port, port_of(hub.url))
            ),
            "OVERHEARD_WEBSUB_TICK_SECONDS": "1",
            "OVERHEARD_POLL_TICK_SECONDS": "1",
            "OVERHEARD_NOTIFICATION_MIN_INTERVAL_SECONDS": "1",
            "OVERHEARD_CONCURRENCY": "1",
            "OVERHEARD_HEALTH_FOLDER": str(tmp_path),
        }
        assert run_process("podcasts", "add", serve(publisher, hub, "1"), **settings).code == 0
        stack.enter_context(process(work, "worker", "--queues", "poll,ops", **settings))
        stack.enter_context(process(work, "beat", **settings))
        wait_until(lambda: hub.subscribed, PATIENCE)
        serve(publisher, hub, "1", "2")
        assert hub.distribute() == [202]
        wait_until(lambda: one("SELECT count(*) FROM episode") == 2, PATIENCE)
    (row,) = rows("SELECT state, pushes, reason, confirmed_at FROM subscription")
    assert (row["state"], row["pushes"], row["reason"]) == ("active", 1, None)
    assert row["confirmed_at"] is not None
    token = one("SELECT token FROM subscription")
    assert token not in web.read_text() + work.read_text()
