"""A Redis or Valkey of Debian for one test, with TLS and a password, where the machine has one."""

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from tests.servers.certificates import Certificates
from tests.servers.debian import (
    PASSWORD,
    account_of,
    find_program,
    free_port,
    running,
    server_folder,
)
from tests.servers.worker import wait_until

PROGRAMS = ("/usr/bin/valkey-server", "/usr/bin/redis-server")


@contextmanager
def debian_redis(certificates: Certificates, password: str = PASSWORD) -> Iterator[str]:
    """Run a server that takes only TLS with a password during the block; yield its URL."""
    program = find_program(*PROGRAMS)
    account = account_of("valkey" if "valkey" in program else "redis")
    port = free_port()
    with server_folder(account, "redis") as folder:
        own = certificates.owned_by(account, folder)
        words = [program, "--port", "0", "--tls-port", port, "--bind", "127.0.0.1"]
        words += ["--tls-cert-file", own.certificate, "--tls-key-file", own.key]
        words += ["--tls-auth-clients", "no", "--requirepass", password, "--dir", folder]
        words += ["--tls-ca-cert-file", own.authority, "--appendonly", "yes"]
        client = redis.Redis(
            port=port, ssl=True, ssl_ca_certs=str(certificates.authority), password=password
        )
        with running(account, words, folder / "log"):
            wait_until(lambda: _answers(client), 30)
            client.close()
            yield f"rediss://:{password}@127.0.0.1:{port}/0"


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
