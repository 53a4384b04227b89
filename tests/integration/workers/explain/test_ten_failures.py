"""Ten failures leave ten different log lines, so that logs alone identify them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.unit.docs.test_docs import first_cells

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("broker")]

# What identifies each: the event, and the reason where an event has several.
NAMED_BY = {
    "a publisher's server is down": ("feed_failed", "http_503"),
    "a feed became a web page": ("feed_failed", "html"),
    "a transcript is gone": ("job_failed", "http_404"),
    "a transcript is not text": ("job_dead", "binary"),
    "a worker was killed": ("job_lost", None),
    "a poller was killed": ("poll_worker_lost", None),
    "a bug": ("job_crashed", None),
    "the broker lost its data": ("messages_republished", None),
    "the broker is away": ("publish_failed", "broker_unreachable"),
    "the database is away": ("job_result_not_saved", None),
}


@pytest.fixture
def ended(publisher: FaultServer, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    publisher.serve("/feed-503", Answer(503))
    publisher.serve("/feed-html", Answer(body=b"<html><body>Our new site</body></html>"))
    publisher.serve("/gone.vtt", Answer(404))
    publisher.serve("/binary.vtt", Answer(body=b"ID3\x04" + b"\x00" * 64))
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.workers.explain.ten_failures", publisher.url("")],
        env=os.environ | {"OVERHEARD_LOG_DIR": str(tmp_path), "OVERHEARD_LOG_FORMAT": "json"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_ten_failures_are_identified_by_log_lines(
    ended: "subprocess.CompletedProcess[str]", tmp_path: Path
) -> None:
    assert ended.returncode == 0, ended.stderr
    about: dict[str, dict[str, int]] = json.loads(ended.stdout)
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    line_of = {failure: _line(lines, *NAMED_BY[failure]) for failure in about}
    for failure, line in line_of.items():
        assert line["level"] in {"warning", "error"}, failure
        assert line["host"], failure
        assert {key: line.get(key) for key in about[failure]} == about[failure], failure
    assert len({(line["event"], line.get("reason")) for line in line_of.values()}) == 10
    assert "ZeroDivisionError: a bug" in line_of["a bug"]["exception"]
    (file,) = tmp_path.iterdir()
    assert [json.loads(line) for line in file.read_text().splitlines()] == lines


def _line(lines: list[dict[str, Any]], event: str, reason: str | None) -> dict[str, Any]:
    """The only line with this event and reason."""
    matching = [
        line for line in lines if line["event"] == event and reason in {None, line.get("reason")}
    ]
    assert len(matching) == 1, (event, reason, matching)
    return matching[0]


def test_events_and_reasons_of_failures_are_documented() -> None:
    events, reasons = first_cells("Log events"), first_cells("Reason codes")
    for event, reason in NAMED_BY.values():
        assert event in events
        assert reason is None or reason in reasons or reason.startswith("http_")
