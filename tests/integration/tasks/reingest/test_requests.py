"""Re-ingest requests: progress, pause, cancel, and retry of their dead jobs."""

import threading

import pytest

from tasks.jobs.publisher import publish_waiting_jobs
from tests.factories import execute, one, rows
from tests.integration.commands import Run, run
from tests.integration.tasks.reingest.test_reingest import _broker, run_jobs, three_episodes
from tests.sweeps import sweep

__all__ = ["_broker", "run", "three_episodes"]

pytestmark = pytest.mark.usefixtures("database")


def test_request_shows_progress_until_done(run: Run, three_episodes: list[int]) -> None:
    del three_episodes
    assert run("reingest", "all", "--stage", "parse", "--no-wait", "--request-id", "r").code == 0
    shown = run("reingests", "show", "r", "--json").json
    assert (shown["state"], shown["jobs"], shown["jobs_by_state"]["waiting"]) == ("running", 3, 3)
    jobs = [row["id"] for row in rows("SELECT id FROM job WHERE request_id = 'r' ORDER BY id")]
    run_jobs(jobs[:1])
    assert run("reingests", "show", "r", "--json").json["jobs_by_state"] == {
        "waiting": 2,
        "running": 0,
        "failed": 0,
        "done": 1,
        "dead": 0,
        "superseded": 0,
    }
    run_jobs(jobs[1:])
    sweep()
    shown = run("reingests", "show", "r", "--json").json
    assert (shown["state"], shown["jobs_by_state"]["done"]) == ("done", 3)
    assert shown["finished_at"]
    assert shown["changed"]["inserted"] == 0
    assert next(row["id"] for row in run("reingests", "list", "--json").json) == "r"


def test_request_stays_running_until_its_feeds_are_polled(
    run: Run, three_episodes: list[int]
) -> None:
    del three_episodes
    run("reingest", "all", "--stage", "fetch", "--no-wait", "--request-id", "r")
    execute("UPDATE job SET state = 'done' WHERE request_id = 'r'")
    assert one("SELECT bool_and(next_poll_at <= now()) FROM crawl")
    polled = "UPDATE crawl SET next_poll_at = now() + interval '1 h'"
    poller = threading.Timer(0.5, execute, [polled])
    poller.start()
    assert run("reingests", "show", "r", "--wait").code == 0
    assert one("SELECT bool_and(next_poll_at > now()) FROM crawl")
    poller.join()


def test_retry_of_dead_job_reopens_request(run: Run, three_episodes: list[int]) -> None:
    execute("UPDATE transcript SET body_hash = 'gone' WHERE episode_id = :id", id=three_episodes[0])
    run("reingest", "all", "--stage", "parse", "--no-wait", "--request-id", "r")
    run_jobs([row["id"] for row in rows("SELECT id FROM job WHERE request_id = 'r'")])
    execute("UPDATE job SET state = 'dead' WHERE request_id = 'r' AND state = 'waiting'")
    sweep()
    shown = run("reingests", "show", "r", "--json").json
    assert (shown["state"], shown["failures"][0]["reason"]) == ("done", "crashed")
    run("jobs", "retry", "--all")
    assert run("reingests", "show", "r", "--json").json["state"] == "running"
    assert run("reingests", "list", "--json").json[0]["jobs_left"] == 1


def test_paused_request_starts_no_job_until_resumed(run: Run, three_episodes: list[int]) -> None:
    run("reingest", "all", "--stage", "parse", "--no-wait", "--request-id", "r")
    job = one("SELECT min(id) FROM job WHERE request_id = 'r'")
    assert run("reingests", "pause", "r").code == 0
    run_jobs([job])
    assert one("SELECT state FROM job WHERE id = :id", id=job) == "waiting"
    assert publish_waiting_jobs() == 0
    # A live job is not paused with a request that also covers it.
    assert one("SELECT priority FROM job WHERE id = :id", id=job) == 8
    live = (
        "UPDATE job SET priority = 5, published_at = NULL WHERE subject = :id AND request_id = 'r'"
    )
    execute(live, id=three_episodes[2])
    assert publish_waiting_jobs() == 1
    assert run("reingests", "pause", "r").code == 1
    assert run("reingests", "resume", "r").code == 0
    run_jobs([job])
    assert one("SELECT state FROM job WHERE id = :id", id=job) == "done"


def test_cancelled_request_leaves_live_jobs_running(run: Run, three_episodes: list[int]) -> None:
    run("reingest", "all", "--stage", "parse", "--no-wait", "--request-id", "r")
    execute(
        "UPDATE job SET priority = 5 WHERE subject = :id AND request_id = 'r'", id=three_episodes[0]
    )
    assert run("reingests", "cancel", "r").code == 0
    states = rows("SELECT state, reason FROM job WHERE request_id = 'r' ORDER BY subject")
    assert [tuple(row.values()) for row in states] == [
        ("waiting", None),
        ("done", "cancelled"),
        ("done", "cancelled"),
    ]
    assert run("reingests", "resume", "r").code == 1
    assert run("reingests", "show", "nothing-like-it").code == 1


def test_command_reports_invalid_scope(run: Run) -> None:
    assert run("reingest").code == 2
    assert run("reingest", "all", "--episode", 1).code == 2
    assert run("reingest", "person:nobody").code == 2
    ended = run("reingest", "all")
    assert (ended.code, "nothing to do" in ended.printed) == (1, True)
