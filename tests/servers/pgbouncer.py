"""A PgBouncer in transaction mode for one test, where the machine has one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from tests.servers.debian import Account, account_of, find_program, run_once, running, server_folder
from tests.servers.debian_postgres import answers
from tests.servers.worker import wait_until

PROGRAM = "/usr/sbin/pgbouncer"
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
    program = find_program(PROGRAM)
    url = make_url(database_url)
    host = str(url.query.get("host", url.host))
    account = _account(host)
    with server_folder(account, "pgbouncer") as folder:
        config = folder / "pgbouncer.ini"
        config.write_text(
            CONFIG.format(host=host, port=url.port or 5432, user=url.username, folder=folder)
        )
        config.chmod(0o644)
        pooled = url.set(host=None, port=None, query={"host": str(folder), "port": "6432"})
        with running(account, [program, config], folder / "log"):
            shown = pooled.render_as_string(hide_password=False)
            wait_until(lambda: answers(shown), 30)
            yield shown


def pgbouncer_version() -> str:
    """What the program calls itself, such as PgBouncer 1.24.1."""
    return run_once(account_of("postgres"), find_program(PROGRAM), "--version").splitlines()[0]


def _account(host: str) -> Account:
    """The account of the server, which alone may enter its folder; PgBouncer never runs as root."""
    if os.getuid() != 0:
        return account_of("")
    owner = Path(host).stat()
    return Account(owner.st_uid, owner.st_gid)
