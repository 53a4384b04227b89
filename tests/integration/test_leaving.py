"""A worker that is asked to end is gone in time, and another has its work at once."""

import pytest

from tests.acceptance.chaos.stage import Stage, stage
from tests.acceptance.demo_world import DemoWorld
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.slow

# A lease for longer than the test lasts: what is taken up again was given back.
LONG_LEASE = {"OVERHEARD_JOB_LEASE_SECONDS": "600"}
UNFINISHED = {"nap": 600.0, "workers.app.SOFT_SHUTDOWN": 1}


def test_unfinished_work_is_given_back_and_another_worker_takes_it_at_once() -> None:
    with FaultServer() as server, stage(DemoWorld(server), **LONG_LEASE) as made:
        with made.service(altered={"work": UNFINISHED}) as processes:
            made.until_jobs_run()
            assert processes.terminate("work", 45) == 0
            assert states(made) & {("running", "")} == set()
            assert ("waiting", "worker_ended") in states(made)
        with made.service():
            made.settle()
        counted = "SELECT sum(attempts)::int AS attempts, sum(losses)::int AS losses FROM job"
        assert made.own.ask(counted) == [{"attempts": 0, "losses": 0}]
        assert "job_returned" in (made.own.data / "work.log").read_text()


def states(made: Stage) -> set[tuple[str, str]]:
    return {
        (row["state"], row["reason"] or "")
        for row in made.own.ask("SELECT state, reason FROM job WHERE kind = 'parse'")
    }
