"""Runs one command for the supervisor, and ends its whole process group when the supervisor dies.

Run as a file, not as a module: importing the package would load all of Celery into this guard.
The supervisor holds the other end of our standard input. Nothing is ever written there; when it
closes, the supervisor is gone or wants an end at once. (Linux could do it without a guard by
PR_SET_PDEATHSIG, but only for one process and not for its children, and macOS has no such thing.)
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

NOT_FOUND = 127  # as a shell reports it


def main(argv: list[str]) -> int:
    """Run a command in our own process group; returns its exit code, 128 + n after signal n."""
    early: list[int] = []  # signals that came before there was anybody to pass them on to
    child: subprocess.Popen[bytes] | None = None

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, pass_on)
    signal.signal(signal.SIGINT, pass_on)
    threading.Thread(target=_end_group_with_supervisor, daemon=True).start()
    try:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{argv[0]} cannot be started: {error.strerror}", flush=True)  # noqa: T201
        return NOT_FOUND
    for number in early:
        child.send_signal(number)
    return _as_exit_code(child.wait())


def _end_group_with_supervisor() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def _as_exit_code(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
