"""A worker that gets SIGTERM exits in time, and another worker gets its jobs at once."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.chaos.system import System, chaos_system
from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.killing import COMMANDS
from tests.servers.fault_server import FaultServer
from workers.celery_app import SOFT_SHUTDOWN
from workers.worker.graceful_shutdown import CLOSE_SECONDS

pytestmark = pytest.mark.slow

NEVER = 600.0
UNFINISHED = {"nap": NEVER, "workers.celery_app.SOFT_SHUTDOWN": 1}
# Seconds that a worker needs at most to exit, besides the times configured here.
SLOW_MACHINE = 25.0


@pytest.fixture(scope="module")
def installation() -> Iterator[System]:
    # The lease outlasts the tests, so a job that runs again was released.
    lease = {"OVERHEARD_JOB_LEASE_SECONDS": str(NEVER)}
    with FaultServer() as server, chaos_system(DemoWorld(server), **lease) as system:
        yield system


@pytest.fixture
def system(installation: System) -> System:
    """An installation that follows the demo's podcasts and has not polled them yet."""
    installation.servers.ensure_running()
    installation.reset()
    (installation.installation.data / "work.log").unlink(missing_ok=True)
    return installation


def test_shutdown_releases_job_for_another_worker(system: System) -> None:
    with system.service(altered={"work": UNFINISHED}) as processes:
        system.until_jobs_run()
        assert processes.terminate("work", 45) == 0
        assert_released(system)
    with system.service():
        system.wait(lambda: system.jobs_left() == 0)
    assert attempts_and_losses(system) == (0, 0)
    assert "job_released" in log(system)


def test_second_signal_releases_job_at_once(system: System) -> None:
    with system.service(altered={"work": {"nap": NEVER}}) as processes:
        system.until_jobs_run()
        processes.send_sigterm("work")
        time.sleep(1)
        assert ("running", "") in states(system), "the first signal lets it finish"
        started_at = time.monotonic()
        assert processes.terminate("work", 45) == 0
        assert time.monotonic() - started_at < SOFT_SHUTDOWN - 1
        assert_released(system)


def test_stuck_task_is_killed_and_left_to_sweeper(system: System) -> None:
    """Parsing hangs where no signal reaches it, as in a foreign library."""
    stuck = UNFINISHED | {"deaf": True, "workers.worker.graceful_shutdown.RELEASE_SECONDS": 1}
    with system.service(altered={"work": stuck}) as processes:
        system.until_jobs_run()
        assert processes.terminate("work", SLOW_MACHINE) == 0
        assert ("running", "") in states(system), "nobody could release it"
    assert "job_released" not in log(system)


def test_worker_that_hangs_in_shutdown_is_killed(system: System) -> None:
    hanging = {"farewell": NEVER, "workers.worker.graceful_shutdown.CLOSE_SECONDS": 1}
    with system.service({"work": COMMANDS["work"]}, {"work": hanging}) as processes:
        system.wait(lambda: "ready." in log(system))
        assert processes.terminate("work", SLOW_MACHINE) == 1
    assert "worker_killed" in log(system)


@pytest.mark.parametrize(
    ("number", "code", "seconds"),
    [
        pytest.param(signal.SIGKILL, 0, CLOSE_SECONDS, id="killed"),
        pytest.param(
            signal.SIGSTOP, 1, 2.0, id="silent"
        ),  # it cannot close its connections, so it is killed
    ],
)
def test_shutdown_without_broker_releases_job(
    system: System, number: signal.Signals, code: int, seconds: float
) -> None:
    closing = UNFINISHED | {"workers.worker.graceful_shutdown.CLOSE_SECONDS": seconds}
    with system.service(altered={"work": closing}) as processes:
        system.until_jobs_run()
        system.stop_server(system.valkey, number)
        try:
            assert processes.terminate("work", SLOW_MACHINE) == code
            assert_released(system)
        finally:
            if number is signal.SIGSTOP:
                system.valkey.signal(signal.SIGCONT)
    assert attempts_and_losses(system) == (0, 0)


def assert_released(system: System) -> None:
    assert states(system) & {("running", "")} == set()
    assert ("waiting", "worker_shutdown") in states(system)


def states(system: System) -> set[tuple[str, str]]:
    return {
        (row["state"], row["reason"] or "")
        for row in system.installation.query("SELECT state, reason FROM job WHERE kind = 'parse'")
    }


def attempts_and_losses(system: System) -> tuple[int, int]:
    """Attempts and worker losses of all jobs together."""
    (row,) = system.installation.query(
        "SELECT sum(attempts)::int AS a, sum(worker_losses)::int AS l FROM job"
    )
    return row["a"], row["l"]


def log(system: System) -> str:
    return (system.installation.data / "work.log").read_text()
