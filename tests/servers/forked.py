"""Run commands as forked processes, which saves the second of imports of each.

`python -m tests.servers.forked` imports the command line once, then reads orders, one JSON line
each: start a process with the given environment, folder, arguments and standard streams (the reply
is its pid), or wait for one (the reply is its exit status, or null after a timeout). `Forks` is the
client.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from tests.integration.commands import Ended

_ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 120.0  # of one command


class Forks:
    """Runs commands in ``folder``, which also has their output files; a context manager."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)

    def __enter__(self) -> "Forks":
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.servers.forked"],
            env=self._environment,
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, *words: str, given: str = "", **environment: str) -> Ended:
        """Run a command to its end, with ``given`` on its standard input.

        ``environment`` is added to the environment of all commands.
        """
        stdin, out, err = (self._folder / name for name in ("stdin", "stdout", "stderr"))
        for path, text in ((stdin, given), (out, ""), (err, "")):
            path.write_text(text)
        code = self.wait(self.start(words, (stdin, out, err), environment), TIMEOUT_SECONDS)
        return Ended(code, out.read_text(), err.read_text())

    def start(
        self, words: Sequence[str], streams: Sequence[Path], environment: Mapping[str, str]
    ) -> int:
        """Start a command in its own session; return its pid.

        ``streams`` are the existing files of its standard input, output and errors.
        """
        order = {
            "words": list(words),
            "environment": self._environment | dict(environment),
            "folder": str(self._folder),
            "streams": [str(path) for path in streams],
        }
        return int(self._order(order))

    def wait(self, pid: int, seconds: float) -> int:
        """Wait for the end of a command, kill it after a timeout; return its exit code."""
        status = self._order({"pid": pid, "seconds": seconds})
        if status is None:
            os.killpg(pid, signal.SIGKILL)
            status = self._order({"pid": pid, "seconds": TIMEOUT_SECONDS})
        return os.waitstatus_to_exitcode(status)

    def _order(self, order: Mapping[str, object]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


def _obey() -> None:
    # The children get their own standard streams, so these must not be buffered from the originals.
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in orders:
        order = json.loads(line)
        answer = _wait(order["pid"], order["seconds"]) if "pid" in order else _fork(order)
        print(json.dumps(answer), file=answers, flush=True)


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        _exec_command(order)
    return pid


def _wait(pid: int, seconds: float) -> int | None:
    """Return the exit status of a child, or None when it still runs after this time."""
    deadline = time.monotonic() + seconds
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.005)
    return os.waitpid(pid, 0)[1]


def _exec_command(order: dict[str, Any]) -> NoReturn:
    # A terminal sends Ctrl-C; a background test run ignores it, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.setsid()  # no terminal: prompts for a password read standard input
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for number, path in enumerate(order["streams"]):
        file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(file, number)
    sys.argv = ["overheard", *order["words"]]
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _run() -> int:
    """Run the command; return the exit code that the interpreter would give it."""
    try:
        workers.cli.main.main()
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  nothing above handles it
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    import workers.cli.main
    from workers.cli.lazy_group import lazy_commands

    for _, command in lazy_commands():
        command.load()
    _obey()
