"""Calls a function in this process's child, within the budget of one document.

The child is started at first use and lives on, because starting it takes a third of a second. It
is killed alone: what its parent fetched meanwhile, and the results of other documents, stay.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from models import get_settings
from tasks.budgets.frames import PipeClosed, PipeTimeout, read_frame, write_frame
from tasks.budgets.values import Budget, BudgetInterrupted, OverBudget

P = ParamSpec("P")
T = TypeVar("T")

# The kernel, short of memory, or the shutdown of a machine; not the document.
_KILLED_BY_OTHERS = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, 0})

# Seconds by the clock, as a child shares its processor with others; less than a task may take.
_PATIENCE_SECONDS = 100.0


def within_budget(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what the function returns, or raise what it raises; it runs in the child.

    The function is of a module, and its arguments and result can be pickled. It must not know the
    database: a transaction that others wait for is never open while foreign bytes are read.

    Raises:
        OverBudget: it took more processor time or memory than one document may take.
        BudgetInterrupted: the child was killed by another process, or had no processor time.
    """
    settings = get_settings()
    budget = Budget(settings.document_seconds, settings.document_memory_mb * 1_000_000)
    return _CHILD.call(budget, function, *args, **kwargs)


class _Child:
    """The child of this process, one call at a time. A forked process starts one of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._started_with: tuple[int, Budget] | None = None

    def call(
        self, budget: Budget, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        request = pickle.dumps((budget.seconds, function, args, kwargs), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            result, error = pickle.loads(self._exchange(request, budget))  # noqa: S301  ours
            if isinstance(error, OverBudget):  # its memory may be in pieces that nobody can use
                self._end(kill=True)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]

    def _exchange(self, request: bytes, budget: Budget) -> bytes:
        requests, replies = self._pipes(budget)
        try:
            write_frame(requests, request)
            return read_frame(replies, within_seconds=_PATIENCE_SECONDS)
        except PipeClosed:
            raise self._death(budget) from None
        except BaseException as error:  # the task's time limit, too, is raised in the middle
            self._end(kill=True)
            if isinstance(error, PipeTimeout):
                raise BudgetInterrupted("it had too little processor time") from None
            raise

    def _pipes(self, budget: Budget) -> tuple[int, int]:
        process = self._process
        needed = (os.getpid(), budget)
        if process is None or self._started_with != needed or process.poll() is not None:
            process = self._process = _start(budget)
            self._started_with = needed
        assert process.stdin is not None  # noqa: S101  narrows for mypy
        assert process.stdout is not None  # noqa: S101
        return process.stdin.fileno(), process.stdout.fileno()

    def _death(self, budget: Budget) -> OverBudget | BudgetInterrupted:
        """What the death of the child means for the document that it was reading."""
        status = self._end()
        if status in _KILLED_BY_OTHERS:
            return BudgetInterrupted(f"the process that read it was ended (status {status})")
        if status == -signal.SIGXCPU:
            return OverBudget(f"reading it takes more than {budget.seconds} s of processor time")
        return OverBudget(f"the process that read it crashed (status {status})")

    def _end(self, *, kill: bool = False) -> int:
        process, self._process = self._process, None
        assert process is not None  # noqa: S101  narrows for mypy
        with process:
            if kill:
                process.kill()
        return process.returncode


def _start(budget: Budget) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tasks.budgets.child", str(budget.memory_bytes)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)


_CHILD = _Child()
