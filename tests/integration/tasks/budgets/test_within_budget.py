"""The child process in which documents are read: its limits, its deaths, and what outlives them."""

import os
import signal
import threading
from collections.abc import Callable

import pytest

from models import get_settings
from tasks.budgets.parent import within_budget
from tasks.budgets.values import BudgetInterrupted, OverBudget
from tasks.feeds.values import FeedRefused
from tests.integration.tasks.budgets import costly


@pytest.fixture(autouse=True)
def _small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DOCUMENT_SECONDS", "1")
    monkeypatch.setenv("OVERHEARD_DOCUMENT_MEMORY_MB", "400")
    get_settings.cache_clear()


def test_child_is_another_process_and_used_again() -> None:
    first = within_budget(costly.process_id)
    assert first != os.getpid()
    assert within_budget(costly.process_id) == first
    assert within_budget(costly.largest_core) == (0, 0)


def test_child_forwards_what_the_function_raises() -> None:
    with pytest.raises(FeedRefused, match="web page") as refused:
        within_budget(costly.refuse)
    assert refused.value.reason == "html"


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (costly.spin, "more than 1 s of processor time"),
        (costly.hoard, "too much memory"),
        (costly.answer_too_much, "too large"),
    ],
)
def test_document_over_its_budget_is_refused_alone(
    function: Callable[[], object], says: str
) -> None:
    with pytest.raises(OverBudget, match=says):
        within_budget(function)
    assert within_budget(costly.process_id) != os.getpid()


def test_document_that_crashes_its_reader_is_over_budget() -> None:
    with pytest.raises(OverBudget, match="crashed"):
        within_budget(costly.end_by, signal.SIGSEGV)


def test_reader_killed_by_another_process_is_no_verdict() -> None:
    with pytest.raises(BudgetInterrupted):
        within_budget(costly.end_by, signal.SIGKILL)
    assert within_budget(costly.process_id) != os.getpid()


def test_budget_is_of_each_document_not_of_the_process() -> None:
    first = within_budget(costly.process_id)
    for _ in range(4):  # together more than one budget
        within_budget(sum, range(9_000_000))
    assert within_budget(costly.process_id) == first


def test_interrupted_call_leaves_no_reply_for_the_next() -> None:
    within_budget(costly.process_id)
    parent = os.getpid()
    interrupt = threading.Timer(0.3, os.kill, (parent, signal.SIGALRM))
    previous = signal.signal(signal.SIGALRM, _raise_interrupted)
    try:
        interrupt.start()
        with pytest.raises(InterruptedError):
            within_budget(costly.spin)
    finally:
        interrupt.join()
        signal.signal(signal.SIGALRM, previous)
    assert within_budget(sum, [1, 2]) == 3


def _raise_interrupted(*_: object) -> None:
    raise InterruptedError


def test_forked_process_has_a_child_of_its_own() -> None:
    ours = within_budget(costly.process_id)
    reader, writer = os.pipe()
    if os.fork() == 0:  # pragma: no cover  another process
        os.write(writer, str(within_budget(costly.process_id)).encode())
        os._exit(0)
    os.close(writer)
    theirs = int(os.read(reader, 20))
    assert theirs != ours
    assert within_budget(costly.process_id) == ours
