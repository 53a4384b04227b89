"""The correlation id of log lines, from the tick or command to the last job."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.factories import one, rows
from tests.integration.commands import Ended, run_process
from tests.integration.tasks.ingest.test_episode import VTT
from tests.integration.workers.worker.test_workers import QUICK, feed
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database", "broker")]


def lines(ended: Ended) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ended.out.splitlines()]


def test_correlation_id_is_on_every_line_from_command_to_job(
    publisher: FaultServer, tmp_path: Path
) -> None:
    publisher.serve("/good.vtt", Answer(body=VTT))
    here = {"OVERHEARD_LOG_DIR": str(tmp_path / "logs"), **QUICK}
    ingested = run_process("ingest", feed(publisher, "good"), **here)
    assert ingested.code == 0, ingested.err
    podcast, episode, job = rows(
        "SELECT e.podcast_id, e.id, j.id AS job FROM episode e JOIN job j ON j.subject = e.id"
    )[0].values()

    all_lines = lines(run_process("logs", "--json", "--podcast", str(podcast), **here))
    events = {line["event"]: line for line in all_lines}
    polled, parsed = events["feed_changed"], events["job_done"]
    assert polled["correlation_id"] == parsed["correlation_id"]
    assert polled["correlation_id"].startswith(("tick-", "command-"))
    assert one("SELECT correlation_id FROM job") == parsed["correlation_id"]
    assert (parsed["episode_id"], parsed["job_id"]) == (episode, job)
    for line in (polled, parsed):
        assert {"timestamp", "level", "event", "task_id", "host", "took_ms"} <= set(line)

    again = run_process("reingest", "all", "--stage", "parse", "--request-id", "r-1", **here)
    assert again.code == 0, again.err
    followed = run_process("logs", "--correlation", "r-1", "--event", "job_done", **here)
    assert followed.code == 0
    assert "correlation_id=r-1" in followed.out
    assert "outcome=ran" in followed.out
    about = lines(
        run_process("logs", "--json", "--episode", str(episode), "--level", "info", **here)
    )
    assert {line["episode_id"] for line in about} == {episode}
    assert [line["correlation_id"] for line in about][-1] == "r-1"
