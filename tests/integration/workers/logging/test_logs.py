"""Log lines: one for each event, machine-readable, and without secrets."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.slow

# Log calls of our code, Celery and libraries, in a process with our configuration.
SCRIPT = """
import logging, sys, warnings
import structlog
from workers.logging.configure import configure_logs
configure_logs()
log = structlog.get_logger()
log.info("feed_changed", feed="https://podcast.example/feed", new=3, message='two words, "quoted"')
log.warning("odd", message="line one\\nline two", nothing=None, empty="", equals="a=b")
log.info("private", feed="https://ann:s3cretpw@podcast.example/feed?token=t0ps3cretvalue")
logging.getLogger("celery.worker").warning("lost %s", "https://podcast.example/?token=t0ps3cretvalue")
logging.getLogger("httpx").info("GET https://podcast.example/?token=t0ps3cretvalue")
warnings.warn("something is old")
try:
    raise RuntimeError("no answer from https://ann:s3cretpw@podcast.example/")
except RuntimeError:
    log.exception("job_crashed", job_id=7)
logging.getLogger("celery.beat").error("Message Error: %s", ["File, line 1, in main"] * 400)
"""
# logfmt: key=value pairs, a value with spaces, quotes or equal signs in double quotes.
PAIR = r'[\w.]+=(?:"(?:[^"\\]|\\.)*"|[^\s"=]*)'
LOGFMT = re.compile(rf"{PAIR}(?: {PAIR})*")


def lines(log_format: str) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env=os.environ | {"OVERHEARD_LOG_FORMAT": log_format},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert result.stdout == ""
    return result.stderr.splitlines()


@pytest.fixture(scope="module")
def json_lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines("json")]


@pytest.fixture(scope="module")
def key_value_lines() -> list[str]:
    return lines("keyvalue")


def test_log_line_is_json_with_time_level_and_event(json_lines: list[dict[str, Any]]) -> None:
    assert len(json_lines) == 7
    for line in json_lines:
        assert line["timestamp"].endswith("Z")
        assert line["level"] in {"info", "warning", "error"}
        assert line["event"]


def test_log_line_of_library_has_its_own_event(json_lines: list[dict[str, Any]]) -> None:
    assert [line["event"] for line in json_lines] == [
        "feed_changed",
        "odd",
        "private",
        "library",
        "library",
        "job_crashed",
        "library",
    ]
    assert json_lines[3]["logger"] == "celery.worker"


def test_log_key_without_value_is_omitted(json_lines: list[dict[str, Any]]) -> None:
    assert not {"nothing", "empty"} & set(json_lines[1])
    assert json_lines[1]["equals"] == "a=b"


def test_traceback_is_field_of_log_line(json_lines: list[dict[str, Any]]) -> None:
    assert json_lines[5]["job_id"] == 7
    assert "RuntimeError: no answer" in json_lines[5]["exception"]


def test_log_line_of_library_is_cut_when_too_long(json_lines: list[dict[str, Any]]) -> None:
    message = json_lines[6]["message"]
    assert message.startswith("Message Error: ['File, line 1")
    assert message.endswith("…")
    assert len(message) == 301


def test_console_log_line_is_logfmt(key_value_lines: list[str]) -> None:
    assert len(key_value_lines) == 7
    for line in key_value_lines:
        assert LOGFMT.fullmatch(line), line
        assert line.startswith("timestamp=")


@pytest.mark.parametrize("log_format", ["json", "keyvalue"])
def test_log_lines_contain_no_secret(
    log_format: str, json_lines: list[dict[str, Any]], key_value_lines: list[str]
) -> None:
    text = json.dumps(json_lines) if log_format == "json" else "\n".join(key_value_lines)
    assert "podcast.example" in text
    assert "s3cret" not in text
