"""Kill workers and wipe the broker: the tables end as in an undisturbed run."""

import contextlib
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from tests.acceptance.conftest import Ingested, allowed, installation
from tests.acceptance.contents import contents, differences
from tests.acceptance.installation import Installation
from tests.acceptance.killing import Processes
from tests.acceptance.worlds import opml

pytestmark = pytest.mark.slow

SEED = 20_240_611
KILLS = 5
RECOVERY_SECONDS = 150
# Short, so that lost work is found within a test.
SETTINGS = {
    "OVERHEARD_JOB_LEASE_SECONDS": "5",
    "OVERHEARD_SWEEP_TICK_SECONDS": "1",
    "OVERHEARD_POLL_TICK_SECONDS": "1",
    "OVERHEARD_REPUBLISH_AFTER_SECONDS": "20",
    "OVERHEARD_RESOLVE_TICK_SECONDS": "2",
}
_DONE = "SELECT count(*) AS jobs FROM job WHERE state = 'done'"
_REMAINING = """
    SELECT (SELECT count(*) FROM job WHERE state <> 'done')
         + (SELECT count(*) FROM crawl WHERE last_ok_at IS NULL) AS remaining
"""
_UNDONE = """
    SELECT to_jsonb(j) AS row FROM job j WHERE state <> 'done'
    UNION ALL SELECT to_jsonb(c) FROM crawl c WHERE last_ok_at IS NULL LIMIT 5
"""
_JOB_TOTALS = """
    SELECT sum(worker_losses)::int AS worker_losses, sum(republished)::int AS republished,
           sum(attempts)::int AS attempts, count(*) FILTER (WHERE state = 'dead') AS dead FROM job
"""


def test_kills_and_wiped_broker_change_no_result(ingested: Ingested) -> None:
    with installation(**allowed(ingested.world), **SETTINGS) as own:
        (own.data / "world.opml").write_text(opml(ingested.world))
        with Processes(own) as processes:
            own.overheard("ingest", str(own.data / "world.opml"), "--no-wait")
            _disturb(own, processes, ingested)
            started_at = time.monotonic()
            _wait_until(own, lambda: own.query(_REMAINING)[0]["remaining"] == 0)
            recovery = time.monotonic() - started_at
            with contextlib.suppress(AssertionError):  # differences are reported below
                # Speakers are resolved with all evidence at the next ticks.
                _wait_until(own, lambda: not _differences(own, ingested))
        print(f"{ingested.world.name}: recovered {recovery:.1f} s after the last kill")
        print(f"  {own.query(_JOB_TOTALS)[0]}, killed {processes.killed}")
        assert _differences(own, ingested) == {}
        assert own.read_json("recount")["changed"] == 0


def _differences(own: Installation, undisturbed: Ingested) -> dict[str, Any]:
    with own.connect() as connection:
        return differences(undisturbed.contents, contents(connection))


def _disturb(own: Installation, processes: Processes, ingested: Ingested) -> None:
    """Kill at five random points of the work, and wipe the broker at a sixth."""
    rng = random.Random(SEED)  # noqa: S311  the same points in every run
    jobs = len({row["episode_guid"] for row in ingested.speakers})
    points = sorted(rng.sample(range(1, jobs), KILLS + 1))
    wipe = rng.choice(points[1:])
    for point in points:
        _wait_until(own, lambda at=point: own.query(_DONE)[0]["jobs"] >= at)  # type: ignore[misc]
        if point == wipe:
            redis.Redis.from_url(own.urls.broker_client_url).flushall()
        else:
            processes.kill(rng.choice([["work"], ["work", "ops"], ["work", "ops", "beat"]]))


def _wait_until(own: Installation, condition: Callable[[], bool]) -> None:
    """Wait as long as jobs are done: a slow machine needs longer, and a lost job never ends."""
    done, deadline = -1, 0.0
    while not condition():
        if (now_done := own.query(_DONE)[0]["jobs"]) != done:
            done, deadline = now_done, time.monotonic() + RECOVERY_SECONDS
        assert time.monotonic() < deadline, f"still not done: {own.query(_UNDONE)}"
        time.sleep(0.05)
