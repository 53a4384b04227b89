"""A worker that is asked to end is gone in time, and another has its work at once."""

import signal
import time
from collections.abc import Iterator

import pytest

from tests.acceptance.chaos.stage import Stage, stage
from tests.acceptance.demo_world import DemoWorld
from tests.acceptance.killing import COMMANDS
from tests.servers.fault_server import FaultServer
from workers.celery_app import SOFT_SHUTDOWN
from workers.worker.graceful_shutdown import CLOSING_SECONDS

pytestmark = pytest.mark.slow

NEVER = 600.0
UNFINISHED = {"nap": NEVER, "workers.celery_app.SOFT_SHUTDOWN": 1}
# What a worker takes to end at the most, beside the times that it is given here.
SLOW_MACHINE = 25.0


@pytest.fixture(scope="module")
def installation() -> Iterator[Stage]:
    # A lease for longer than the tests last: what is taken up again was given back.
    lease = {"OVERHEARD_JOB_LEASE_SECONDS": str(NEVER)}
    with FaultServer() as server, stage(DemoWorld(server), **lease) as made:
        yield made


@pytest.fixture
def made(installation: Stage) -> Stage:
    """The demo's podcasts are followed, and nobody has looked at them yet."""
    installation.servers.ensure_running()
    installation.reset()
    (installation.own.data / "work.log").unlink(missing_ok=True)
    return installation


def test_shutdown_releases_job_for_another_worker(made: Stage) -> None:
    with made.service(altered={"work": UNFINISHED}) as processes:
        made.until_jobs_run()
        assert processes.terminate("work", 45) == 0
        assert_given_back(made)
    with made.service():
        made.wait(lambda: made.jobs_left() == 0)
    assert toll(made) == (0, 0)
    assert "job_released" in log(made)


def test_second_signal_releases_job_at_once(made: Stage) -> None:
    with made.service(altered={"work": {"nap": NEVER}}) as processes:
        made.until_jobs_run()
        processes.ask_to_end("work")
        time.sleep(1)
        assert ("running", "") in states(made), "the first one lets it finish"
        began = time.monotonic()
        assert processes.terminate("work", 45) == 0
        assert time.monotonic() - began < SOFT_SHUTDOWN - 1
        assert_given_back(made)


def test_stuck_task_is_killed_and_left_to_sweeper(made: Stage) -> None:
    """Reading hangs where no signal reaches it, as in a library that is not ours."""
    deaf = UNFINISHED | {"deaf": True, "workers.worker.graceful_shutdown.RETURNING_SECONDS": 1}
    with made.service(altered={"work": deaf}) as processes:
        made.until_jobs_run()
        assert processes.terminate("work", SLOW_MACHINE) == 0
        assert ("running", "") in states(made), "nobody could give it back"
    assert "job_released" not in log(made)


def test_worker_that_hangs_in_shutdown_is_killed(made: Stage) -> None:
    hanging = {"farewell": NEVER, "workers.worker.graceful_shutdown.CLOSING_SECONDS": 1}
    with made.service({"work": COMMANDS["work"]}, {"work": hanging}) as processes:
        made.wait(lambda: "ready." in log(made))
        assert processes.terminate("work", SLOW_MACHINE) == 1
    assert "worker_killed" in log(made)


@pytest.mark.parametrize(
    ("number", "code", "seconds"),
    [
        pytest.param(signal.SIGKILL, 0, CLOSING_SECONDS, id="killed"),
        pytest.param(signal.SIGSTOP, 1, 2.0, id="silent"),  # it cannot take its leave: is ended
    ],
)
def test_shutdown_without_broker_releases_job(
    made: Stage, number: signal.Signals, code: int, seconds: float
) -> None:
    closing = UNFINISHED | {"workers.worker.graceful_shutdown.CLOSING_SECONDS": seconds}
    with made.service(altered={"work": closing}) as processes:
        made.until_jobs_run()
        made.stop_server(made.valkey, number)
        try:
            assert processes.terminate("work", SLOW_MACHINE) == code
            assert_given_back(made)
        finally:
            if number is signal.SIGSTOP:
                made.valkey.signal(signal.SIGCONT)
    assert toll(made) == (0, 0)


def assert_given_back(made: Stage) -> None:
    assert states(made) & {("running", "")} == set()
    assert ("waiting", "worker_shutdown") in states(made)


def states(made: Stage) -> set[tuple[str, str]]:
    return {
        (row["state"], row["reason"] or "")
        for row in made.own.ask("SELECT state, reason FROM job WHERE kind = 'parse'")
    }


def toll(made: Stage) -> tuple[int, int]:
    """Attempts and losses that are counted for all jobs together."""
    (row,) = made.own.ask("SELECT sum(attempts)::int AS a, sum(worker_losses)::int AS l FROM job")
    return row["a"], row["l"]


def log(made: Stage) -> str:
    return (made.own.data / "work.log").read_text()
