"""A PgBouncer in transaction mode for one test, where the machine has one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.servers.worker import wait_until

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/bin")
CONFIG = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = extra_float_digits
"""


@contextmanager
def pgbouncer(database_url: str) -> Iterator[str]:
    """Run it before a server during the block; yield the URL of the same database through it."""
    if PROGRAM is None:
        pytest.skip("no pgbouncer on this machine")
    url = make_url(database_url)
    with tempfile.TemporaryDirectory(prefix="overheard-pgbouncer-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        host = str(url.query.get("host", url.host))
        config = folder / "pgbouncer.ini"
        config.write_text(
            CONFIG.format(
                host=host,
                port=url.port or 5432,
                user=url.username,
                folder=folder,
            )
        )
        config.chmod(0o644)
        process = subprocess.Popen(
            [PROGRAM, str(config)], user=_account(host), stderr=subprocess.DEVNULL
        )
        pooled = url.set(host=None, port=None, query={"host": name, "port": "6432"})
        try:
            shown = pooled.render_as_string(hide_password=False)
            wait_until(lambda: _answers(shown), 30)
            yield shown
        finally:
            process.kill()
            process.wait()


def _account(host: str) -> str | None:
    """The account of the server, which alone may enter its folder; PgBouncer never runs as root."""
    return Path(host).owner() if os.getuid() == 0 else None


def _answers(url: str) -> bool:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        psycopg.connect(plain, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
