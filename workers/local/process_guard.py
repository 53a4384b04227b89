"""Guard of one command: kills its process group when the supervisor dies.

Run as a file, not as a module: importing the package would load all of Celery into this process.
The supervisor has the other end of our standard input and never writes to it; when it closes, the
supervisor has died. (On Linux, PR_SET_PDEATHSIG would end one process without a guard, but not
its children, and macOS has nothing like it.)
"""

import os
import signal
import subprocess
import sys
import threading
from types import FrameType

NOT_FOUND = 127  # as a shell reports it


def main(argv: list[str]) -> int:
    """Run a command in our process group; its exit code, or 128 + n after signal n."""
    early: list[int] = []  # signals received before the command was started
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, forward)
    threading.Thread(target=_kill_group_with_supervisor, daemon=True).start()
    try:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    except OSError as error:
        print(f"{argv[0]} cannot be started: {error.strerror}", flush=True)  # noqa: T201
        return NOT_FOUND
    for number in early:
        child.send_signal(number)
    return _as_exit_code(child.wait())


def _kill_group_with_supervisor() -> None:
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


def _as_exit_code(returncode: int) -> int:
    return returncode if returncode >= 0 else 128 - returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
