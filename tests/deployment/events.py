"""What happens to the containers of a project, as the engine reports it."""

import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

# What can change whether all are well; the many execs of health checks are not among it.
_KINDS = ("start", "die", "health_status")
# Should the engine be restarted, its events end: nobody waits for one for longer than this.
_LONGEST_SECONDS = 10


class Events:
    """The events from now on."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def wait(self) -> None:
        """Wait for an event; those that came meanwhile are one."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _LONGEST_SECONDS)
        if ready:
            os.read(self._process.stdout.fileno(), 1 << 16)


@contextmanager
def events_of(project: str) -> Iterator[Events]:
    """The events of all containers of a project of Compose, from the beginning of the block."""
    words = ["docker", "events", f"--since={time.time():.3f}", "--filter=type=container"]
    words += [f"--filter=label=com.docker.compose.project={project}"]
    words += [f"--filter=event={kind}" for kind in _KINDS]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            yield Events(process)
        finally:
            process.terminate()
