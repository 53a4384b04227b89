"""Server processes that outlive their command, and are found again by lock and socket."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.local.embedded.account import ServerAccount, server_environment
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.locks import (
    PAUSE_SECONDS,
    is_locked,
    open_lock,
    try_lock,
    wait_until_free,
)

LOG_BYTES = 5_000_000
TAIL_LINES = 12
SETTLE_SECONDS = 30.0
# How long a server may do nothing that we know of. Recovery from a crash takes as long as it takes.
READY_SECONDS = 120.0
# After which a message says that it goes on.
NOTICE_SECONDS = 10.0
LOCAL_PEERPID = 2  # macOS, <sys/un.h>


@dataclass(frozen=True)
class ServerProcess:
    """One server of one data directory.

    The server and its children inherit a lock. While the lock is taken, one of them is alive, and
    no other server can be started; once it is free, any pid file or socket is stale. Pids in
    files are not trusted.
    """

    name: str
    account: ServerAccount
    folder: Path
    lock: Path
    log: Path
    socket: Path

    def is_alive(self) -> bool:
        """Whether any process of the server is alive. Needs the start lock."""
        return is_locked(self.lock)

    def is_running(self) -> bool:
        """Whether a server listens. Needs the start lock.

        A process can be alive without listening: a server whose command was killed just after
        the launch, or the children of a killed server, which end by themselves. Wait for both.

        Raises:
            EmbeddedServerError: the process neither listens nor ends.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.is_alive():
            if listener_pid(self.socket) is not None:
                return True
            if time.monotonic() >= deadline:
                raise EmbeddedServerError(
                    f"a process of an earlier {self.name} is still alive in {self.folder} and "
                    f"does not respond (fuser {self.lock} shows it):\n{self.log_tail()}"
                )
            time.sleep(PAUSE_SECONDS)
        return False

    def launch(self, argv: Sequence[str]) -> None:
        """Start the server in its own session, out of reach of the terminal's Ctrl-C.

        Raises:
            EmbeddedServerError: it is running, or the program cannot be started.
        """
        lock = open_lock(self.lock)
        log = _open_log(self.log)
        try:
            if not try_lock(lock):
                raise EmbeddedServerError(f"{self.name} is already running in {self.folder.parent}")
            process = self._spawn(argv, lock, log)
        except OSError as error:
            raise EmbeddedServerError(f"{self.name} cannot be started: {error}") from error
        finally:
            os.close(lock)
            os.close(log)
        # Reap a server that ends before us, so that no zombie remains.
        threading.Thread(target=process.wait, daemon=True, name=f"reap {self.name}").start()

    def _spawn(self, argv: Sequence[str], lock: int, log: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            argv,
            cwd=self.folder,
            env=server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(lock,),
            umask=0o077,
            user=self.account.switch_user,
            group=self.account.switch_group,
            extra_groups=self.account.switch_extra_groups,
        )

    def wait_until(
        self, accepts: Callable[[], bool], recovers: Callable[[], bool] = lambda: False
    ) -> bool:
        """Wait until the server accepts a real connection; ``False`` if it ends instead.

        While it recovers it may take any time.

        Raises:
            EmbeddedServerError: neither happens in time; with the end of its log.
        """
        deadline = time.monotonic() + READY_SECONDS
        notice: float | None = time.monotonic() + NOTICE_SECONDS
        while not accepts():
            if not self.is_alive():
                return False
            if recovers():
                deadline = time.monotonic() + READY_SECONDS
                if notice is not None and time.monotonic() >= notice:
                    sys.stderr.write(f"{self.name} recovers its data; this may take minutes\n")
                    notice = None
            if time.monotonic() >= deadline:
                raise EmbeddedServerError(
                    f"{self.name} did not accept a connection within {READY_SECONDS:.0f} s:\n"
                    f"{self.log_tail()}"
                )
            time.sleep(PAUSE_SECONDS)
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process that listens on the server's socket, if there is one."""
        pid = listener_pid(self.socket)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait_until_gone(self, seconds: float) -> bool:
        """Wait until every process of the server has ended."""
        return wait_until_free(self.lock, seconds)

    def log_tail(self) -> str:
        """The last lines of the server's log."""
        try:
            text = self.log.read_bytes()[-10_000:].decode(errors="replace")
        except OSError:
            return "(no log)"
        return "\n".join([f"  {line}" for line in text.splitlines()[-TAIL_LINES:]])


def listener_pid(path: Path) -> int | None:
    """The pid of the process that listens on a Unix socket, from the kernel; else ``None``.

    The credentials are those of the process that called listen(2): SO_PEERCRED on Linux
    (unix(7)), LOCAL_PEERPID on macOS.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            if sys.platform == "darwin":
                return client.getsockopt(0, LOCAL_PEERPID)
            credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        except OSError:
            return None
    pid: int = struct.unpack("3i", credentials)[0]
    return pid or None  # 0: a process in another pid namespace


def _open_log(path: Path) -> int:
    """Open a log for appending; rotate it first if it is large."""
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(path, flags, 0o600)
    owner = path.parent.stat()
    if os.fstat(descriptor).st_uid != owner.st_uid:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor
