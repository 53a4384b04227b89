"""Servers of Debian for tests: of this machine, or of another release in the folder `DEBIAN_ROOT`.

Such a folder is made by `debootstrap trixie FOLDER`; then install the servers in it. /tmp must be
mounted there, too, so that sockets and files have the same paths. Every server ends with the
process that started it, however that ends.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import workers.local.process_guard

ROOT = Path(os.environ.get("DEBIAN_ROOT", "/"))
PASSWORD = "s3cret"  # of servers that want one
GUARD = str(workers.local.process_guard.__file__)


@dataclass(frozen=True)
class Account:
    """The account of a server, by its numbers in that release."""

    uid: int
    gid: int


def find_program(*places: str) -> str:
    """The first of these programs that is there; skips the test where none is."""
    for place in places:
        if (ROOT / place.lstrip("/")).exists():
            return place
    pytest.skip(f"no {Path(places[0]).name} on this machine")


def account_of(name: str) -> Account:
    """The account of this name; an ordinary user's servers run as that user."""
    if os.getuid() != 0:
        return Account(os.getuid(), os.getgid())
    rows = (line.split(":") for line in (ROOT / "etc/passwd").read_text().splitlines())
    uid, gid = next((row[2], row[3]) for row in rows if row[0] == name)
    return Account(int(uid), int(gid))


def as_account(account: Account, argv: Sequence[object]) -> list[str]:
    """The command line that runs a program of that release under an account."""
    words = [str(word) for word in argv]
    if os.getuid() != 0:
        return words
    return ["chroot", f"--userspec={account.uid}:{account.gid}", str(ROOT), *words]


@contextmanager
def server_folder(account: Account, kind: str) -> Iterator[Path]:
    """A new folder that belongs to the account of a server."""
    with tempfile.TemporaryDirectory(prefix=f"overheard-{kind}-") as name:
        os.chown(name, account.uid, account.gid)
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def running(
    account: Account,
    argv: Sequence[object],
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server under the guard during the block; kill its process group in the end.

    The pid is the guard's, whose child is the server.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-S", GUARD, *as_account(account, argv)],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
            | dict(environment or {}),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def run_once(account: Account, *argv: object) -> str:
    """Run a program of that release to its end; what it printed."""
    done = subprocess.run(
        as_account(account, argv), cwd="/", check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
    return done.stdout


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
