"""A log line for a terminal is short, wrapped to its width, and coloured by level."""

import re
import time
from typing import Any

import pytest

from workers.logging.terminal import terminal_renderer

LINE = {
    "timestamp": "2026-03-01T12:30:45.123456Z",
    "level": "info",
    "event": "job_done",
    "host": "vm",
    "task_id": "39c11bf5-094b-4ae5-bdc7-d9f27ec45308",
    "podcast_id": 1,
    "stage": "fetch",
    "outcome": "ran",
    "took_ms": 205,
}


@pytest.fixture(autouse=True)
def _in_calcutta(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "Asia/Calcutta")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def rendered(width: int, *, coloured: bool = False, **more: object) -> str:
    render = terminal_renderer(width, ("event", "podcast_id", "took_ms"), coloured=coloured)
    return str(render(None, "", {**LINE, **more}))


def test_line_begins_with_the_local_time_and_says_what_a_person_needs() -> None:
    assert rendered(100) == "18:00:45 job_done  podcast_id=1 took_ms=205 stage=fetch outcome=ran"


@pytest.mark.parametrize("width", [40, 60, 100])
def test_long_lines_are_wrapped(width: int) -> None:
    text = rendered(
        width, message="a reason in some words, " * 20, url="https://x.example/" + "a" * 90
    )
    first, *others = text.split("\n")
    assert others
    assert all(len(line) <= width for line in (first, *others))
    assert all(line.startswith(" " * 9) for line in others)


def test_level_is_a_word_and_a_colour_from_warning_up() -> None:
    assert "WARNING job_done" in rendered(100, level="warning")
    coloured = rendered(40, level="error", message="word " * 20, coloured=True)
    assert all(re.fullmatch("\x1b\\[31m.*\x1b\\[0m", line) for line in coloured.split("\n"))
    assert "\x1b" not in rendered(100, coloured=True)
