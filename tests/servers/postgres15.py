"""The oldest PostgreSQL that is supported, for one test, where the machine has Debian's."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROGRAMS = Path("/usr/lib/postgresql/15/bin")


@contextmanager
def postgres15() -> Iterator[str]:
    """Run a new server during the block; yield the URL of its database."""
    if not (PROGRAMS / "initdb").exists():
        pytest.skip("no PostgreSQL 15 on this machine")
    account = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="overheard-pg15-"))
    shutil.chown(folder, account)
    data = folder / "data"
    _run(
        account, "initdb", "-D", data, "--username=overheard", "--encoding=UTF8", "--locale=C.UTF-8"
    )
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        _run(account, "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        yield f"postgresql://overheard@/postgres?host={folder}"
    finally:
        _run(account, "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _run(account: str, program: str, *words: object) -> None:
    subprocess.run(
        [str(PROGRAMS / program), *map(str, words)],
        user=account if os.getuid() == 0 else None,
        cwd="/",
        check=True,
        stdout=subprocess.DEVNULL,
    )
