"""Runs `overheard` as its own entry point does, in this process or in one of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

import workers.cli.main
import workers.cli.prepare


@dataclass(frozen=True)
class Ended:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def printed(self) -> str:
        """Everything that it printed, with the line breaks of a narrow terminal taken out."""
        return " ".join(f"{self.out} {self.err}".split())


Run = Callable[..., Ended]


@pytest.fixture
def run(
    database: str,
    broker: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Run a command in this process, which costs milliseconds instead of seconds.

    Logging stays as the tests have it: it is set up once for a whole process.
    """
    del database, broker
    monkeypatch.setattr(workers.cli.prepare, "configure_logs", _log_to_stderr)

    def run(*words: object) -> Ended:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["overheard", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            workers.cli.main.main()
        out, err = capsys.readouterr()
        return Ended(_code(ended.value.code), out, err)

    yield run
    structlog.configure(logger_factory=structlog.PrintLoggerFactory())


def _log_to_stderr(**_: object) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))


def _code(code: object) -> int:
    return code if isinstance(code, int) else int(code is not None)


def run_process(*words: str, **environment: str) -> Ended:
    """Run a command in a process of its own."""
    ended = subprocess.run(
        [sys.executable, "-m", "workers.cli", *words],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
