"""Health by progress: a worker that is alive but completes no task is unhealthy."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from models import get_settings
from tasks.telemetry.health_files import heartbeat_file, node_name
from tasks.telemetry.heartbeat import heartbeat_age
from tests.factories import one, rows
from tests.integration.commands import Run, run
from tests.servers.worker import children_of, wait_until, worker_process
from workers.celery_app import app
from workers.doctor.work import check_work
from workers.worker.heartbeat import heartbeat_running

__all__ = ["run"]

pytestmark = pytest.mark.slow

QUICK = {
    "workers.worker.heartbeat.HEARTBEAT_SECONDS": 0.2,
    "workers.worker.heartbeat.LOST_SECONDS": 2.0,
    "tasks.telemetry.aggregation.WRITE_SECONDS": 0.2,
}
NAME = f"health-{os.getpid()}"
WORKER = ("--queues", "ops", "--name", NAME, "--concurrency", "1")
HEALTH = ("health", "worker", "--name", NAME)


def backdate(node: str) -> None:
    """Set the last progress ten minutes back."""
    path = heartbeat_file(node)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 600))


def has_recent_heartbeat(node: str) -> bool:
    age = heartbeat_age(node)
    return age is not None and age < 100


def test_worker_is_healthy_while_it_completes_tasks(run: Run, tmp_path: Path) -> None:
    node = node_name(NAME)
    assert run(*HEALTH).code == 1, "there is no worker"
    with worker_process(*WORKER, log=tmp_path / "log", altered=QUICK) as worker:
        wait_until(lambda: has_recent_heartbeat(node))
        assert run(*HEALTH).code == 0
        assert run(*HEALTH, "--ready").code == 0

        backdate(node)
        wait_until(
            lambda: has_recent_heartbeat(node)
        )  # the next heartbeat came through queue and pool

        pool = children_of(worker.pid)
        for pid in pool:
            os.kill(pid, signal.SIGSTOP)
        backdate(node)
        hung = run(*HEALTH)
        assert (hung.code, "completed no task for 600 s" in hung.printed) == (1, True)
        assert app.control.ping(destination=[node], timeout=5), "it still responds to pings"

        for pid in pool:
            os.kill(pid, signal.SIGCONT)
        wait_until(lambda: has_recent_heartbeat(node))
        wait_until(
            lambda: rows("SELECT FROM metric_bucket WHERE label = 'overheard.telemetry.heartbeat'")
        )
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=60) == 0
    assert not heartbeat_file(node).exists(), "a stopped worker has no heartbeat"
    assert (
        one("SELECT sum(count) FROM metric_bucket WHERE label = 'overheard.telemetry.heartbeat'")
        >= 2
    )


def test_hung_worker_is_unhealthy_and_brokerless_one_waits(
    run: Run, broker: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del broker
    node = node_name(NAME)
    with worker_process(*WORKER, log=tmp_path / "log", altered=QUICK | {"clock": 3600}) as worker:
        wait_until(lambda: has_recent_heartbeat(node))
        skewed = [f.where for f in check_work(app) if (f.check, f.state) == ("clock", "problem")]
        assert skewed == [node], "its clock is an hour ahead"

        os.kill(worker.pid, signal.SIGSTOP)
        backdate(node)
        assert run(*HEALTH).code == 1
        away = str(heartbeat_file(node)), "redis://127.0.0.1:1/0"
        monkeypatch.setattr("workers.worker.readiness.broker_failure", lambda: "refused")
        waits = run(*HEALTH)
        assert (waits.code, "waits for its broker" in waits.printed) == (0, True), away
        assert run(*HEALTH, "--ready").code == 1


def test_stopped_worker_leaves_heartbeat_of_its_successor() -> None:
    path = heartbeat_file(NAME)
    with heartbeat_running(app, NAME):
        path.write_text("1\n")
    try:
        assert path.read_text() == "1\n"
    finally:
        path.unlink()


def test_worker_is_not_ready_without_current_schema(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = heartbeat_file(node_name(NAME))
    path.write_text(f"{os.getpid()}\n")
    try:
        assert run(*HEALTH, "--ready").code == 0
        monkeypatch.setattr("workers.worker.readiness.is_outdated", lambda _: True)
        unready = run(*HEALTH, "--ready")
        assert (unready.code, "overheard migrate" in unready.printed) == (1, True)
    finally:
        path.unlink()
        get_settings.cache_clear()


HEAVY = {"celery", "kombu", "sqlalchemy", "sqlmodel", "psycopg", "tantivy", "httpx", "fastapi"}


@pytest.mark.parametrize("what", ["worker", "beat", "indexer", "web"])
def test_health_check_imports_no_heavy_package(what: str, tmp_path: Path) -> None:
    """A container starts one every 15 s."""
    program = (
        "import sys; from workers.cli.main import main\n"
        f"sys.argv = ['overheard', 'health', {what!r}]\n"
        "try: main()\n"
        "except SystemExit: print(*sys.modules)"
    )
    environment = {"OVERHEARD_SEARCH_INDEX": str(tmp_path), "OVERHEARD_WEB_PORT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(done.stdout.split())


def test_health_check_names_an_invalid_setting(tmp_path: Path) -> None:
    overheard = Path(sys.executable).parent / "overheard"
    done = subprocess.run(
        [overheard, "health", "beat"],
        env=os.environ | {"OVERHEARD_LOG_FORMAT": "xml"},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("overheard: setting OVERHEARD_LOG_FORMAT: ")
    assert len(done.stderr.splitlines()) == 1
