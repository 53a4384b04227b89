"""Commands that use the embedded servers, as processes that a test can kill."""

import os
import subprocess
import sys
from pathlib import Path

import workers

# The package `workers` imports Celery and the models; a bare one instead saves seconds.
USE = f"""
import os, pwd, secrets, sys, types  # secrets: the redis client imports it late
from pathlib import Path
package = types.ModuleType("workers")
package.__path__ = {list(workers.__path__)!r}
sys.modules["workers"] = package
from workers.local.embedded import EmbeddedServerError, embedded_servers
import psycopg, redis.asyncio, redis.backoff, redis.retry  # the servers import them late
if sys.argv[2]:  # after the imports: this Python may be in root's home
    entry = pwd.getpwnam(sys.argv[2])
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
try:
    with embedded_servers(Path(sys.argv[1])) as urls:
        print(urls.database_url, flush=True)
        sys.stdin.read()
except EmbeddedServerError as error:
    sys.exit(f"refused: {{error}}")
"""


class Command:
    """A command that uses the servers until it is stopped."""

    def __init__(self, data_dir: Path, *, packages: Path | None = None, user: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USE, str(data_dir), user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env={"PATH": os.defpath, "PYTHONPATH": str(packages or "")},
        )

    def ready(self) -> str:
        """Wait until the servers are ready; the database's URL, or the error."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        return self.process.stdout.readline().strip() or self.process.stderr.read().strip()

    def stop(self) -> None:
        """Let the command exit by itself."""
        assert self.process.communicate(timeout=60) is not None
        assert self.process.returncode == 0

    def kill(self) -> None:
        """Kill the command, as the kernel does when memory is short."""
        self.process.kill()
        self.process.communicate()
