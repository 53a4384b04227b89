"""Keeps the embedded servers running for a long-running command."""

import sys
import time
from collections.abc import Callable

from workers.local.embedded.errors import EmbeddedServerError

RETRY_SECONDS = (5.0, 10.0, 30.0, 60.0)


class ServerWatch:
    """Starts servers again that died, and tries again when that fails; call it every few seconds.

    It never waits for a recovery, and no failure ends the command: a server that was killed while
    it recovered is started once more.
    """

    def __init__(self, relaunch: Callable[[], None]) -> None:
        self._relaunch = relaunch
        self._failures = 0
        self._next_at = 0.0

    def __call__(self) -> None:
        """Restart what died, unless it is too soon after a failure."""
        if time.monotonic() < self._next_at:
            return
        try:
            self._relaunch()
        except EmbeddedServerError as error:
            pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
            self._failures += 1
            self._next_at = time.monotonic() + pause
            sys.stderr.write(f"{error}\ntrying again in {pause:g} s\n")
        else:
            self._failures = 0
