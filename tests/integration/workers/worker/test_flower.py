"""Flower shows workers and queues of our app, as Compose runs it: without events, for reading."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers.debian import free_port
from tests.servers.worker import kill_group, wait_until, worker_process
from workers.celery_app import QUEUES

pytestmark = pytest.mark.slow


def test_flower_shows_workers_and_queues_and_changes_nothing(
    broker: object, database: str, tmp_path: Path
) -> None:
    del broker, database
    port = free_port()
    command = [sys.executable, "-m", "celery", "--app", "workers.celery_app", "flower"]
    read_only = {"FLOWER_READ_ONLY": "true", "FLOWER_ENABLE_EVENTS": "false"}
    words = ("--queues", "ops", "--concurrency", "1", "--name", "shown")
    with (
        worker_process(*words, log=tmp_path / "log"),
        (tmp_path / "flower").open("wb") as output,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as client,
    ):
        flower = subprocess.Popen(
            [*command, "--address=127.0.0.1", f"--port={port}"],
            env=os.environ | read_only | {"FLOWER_UNAUTHENTICATED_API": "true"},
            cwd=Path(__file__).parents[4],
            stdout=output,
            stderr=output,
            process_group=0,
        )
        try:
            wait_until(lambda: is_healthy(client))
            wait_until(lambda: "shown@" in client.get("/api/workers?refresh=1").text)
            (worker,) = client.get("/api/workers").json().values()
            assert "ops" in {queue["name"] for queue in worker["active_queues"]}
            lengths = client.get("/api/queues/length").json()["active_queues"]
            assert {"ops"} <= {queue["name"] for queue in lengths} & set(QUEUES)
            stopped = client.post("/api/worker/shutdown/shown@host")
            assert stopped.status_code in {403, 405}
        finally:
            kill_group(flower)


def is_healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/healthcheck").status_code == 200
    except httpx.TransportError:
        return False
