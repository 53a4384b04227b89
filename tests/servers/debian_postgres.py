"""A PostgreSQL of Debian for one test, where the machine has one, also with TLS and a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from tests.servers.certificates import Certificates
from tests.servers.debian import (
    PASSWORD,
    ROOT,
    account_of,
    find_program,
    free_port,
    run_once,
    running,
    server_folder,
)
from tests.servers.worker import wait_until


@contextmanager
def debian_postgres(
    certificates: Certificates | None = None, password: str = PASSWORD
) -> Iterator[str]:
    """Run a new server during the block; yield the URL of its database.

    With certificates it listens on loopback, takes only connections with TLS, and wants the
    password; without, it listens on a socket.
    """
    programs = Path(find_program(*_newest_first())).parent
    account = account_of("postgres")
    with server_folder(account, "pg") as folder:
        data, log = folder / "data", folder / "log"
        words = [programs / "initdb", "-D", data, "--username=overheard", "--encoding=UTF8"]
        if certificates:
            (folder / "password").write_text(password)
            words += [f"--pwfile={folder / 'password'}", "--auth=scram-sha-256"]
        run_once(account, *words, "--locale=C.UTF-8")
        options = {"unix_socket_directories": folder, "listen_addresses": ""}
        url = f"postgresql://overheard@/postgres?host={folder}"
        if certificates:
            port = free_port()
            own = certificates.owned_by(account, folder)
            options |= {"ssl": "on", "ssl_cert_file": own.certificate, "ssl_key_file": own.key}
            options |= {"listen_addresses": "127.0.0.1", "port": port}
            (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n")
            url = f"postgresql://overheard:{password}@127.0.0.1:{port}/postgres"
        settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with running(account, [programs / "postgres", "-D", data, *settings], log):
            try:
                wait_until(lambda: answers(url), 30)
            except AssertionError as error:
                error.add_note(log.read_text())
                raise
            yield url


def _newest_first() -> list[str]:
    found = ROOT.glob("usr/lib/postgresql/*/bin/postgres")
    newest = sorted(found, key=lambda path: int(path.parts[-3]), reverse=True)
    places = [f"/{path.relative_to(ROOT)}" for path in newest]
    return places or ["/usr/lib/postgresql/15/bin/postgres"]


def answers(url: str) -> bool:
    """Whether a server takes a connection by this URL."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        psycopg.connect(plain, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
