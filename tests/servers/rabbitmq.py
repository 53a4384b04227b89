"""A RabbitMQ for one test, where the machine has Debian's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificates import Certificates
from tests.servers.debian import (
    PASSWORD,
    Account,
    account_of,
    find_program,
    free_port,
    running,
    server_folder,
)
from tests.servers.worker import wait_until

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
START_SECONDS = 120.0  # Erlang and Mnesia on a busy machine


@dataclass(frozen=True)
class Rabbit:
    """A running server: its Celery URL, and the pid of its process group."""

    url: str
    port: int
    group: int
    log: Path = field(repr=False)


@contextmanager
def rabbitmq(
    *lines: str, certificates: Certificates | None = None, password: str = PASSWORD
) -> Iterator[Rabbit]:
    """Run a server with these lines in its configuration; with certificates, it takes only TLS.

    The Erlang port mapper is started first: otherwise Erlang starts one that outlives it.
    """
    find_program(SERVER)
    mapper = find_program("/usr/bin/epmd")
    account = account_of("rabbitmq")
    port, inner, mapped = free_port(), free_port(), free_port()
    with server_folder(account, "rabbitmq") as folder:
        config = folder / "rabbitmq.conf"
        scheme, listeners = "amqp", [f"listeners.tcp.1 = 127.0.0.1:{port}"]
        if certificates:
            scheme, listeners = "amqps", _tls_listener(certificates, account, folder, port)
        settings = (*listeners, f"default_pass = {password}", *lines)
        config.write_text("\n".join((*settings, "")))
        config.chmod(0o644)
        environment = {
            "HOME": str(folder),  # of the Erlang cookie
            "ERL_EPMD_PORT": str(mapped),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test{port}@localhost",
            "RABBITMQ_DIST_PORT": str(inner),
            "RABBITMQ_CONFIG_FILE": str(config),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
        }
        log = folder / "log"
        log.touch()
        with (
            running(account, [mapper], log, environment),
            running(account, [SERVER], log, environment) as process,
        ):
            try:
                wait_until(lambda: "Server startup complete" in log.read_text(), START_SECONDS)
            except AssertionError as error:
                error.add_note(log.read_text())
                raise
            yield Rabbit(f"{scheme}://guest:{password}@127.0.0.1:{port}//", port, process.pid, log)


def _tls_listener(tls: Certificates, account: Account, folder: Path, port: int) -> list[str]:
    own = tls.owned_by(account, folder)
    return [
        "listeners.tcp = none",
        f"listeners.ssl.1 = 127.0.0.1:{port}",
        f"ssl_options.cacertfile = {own.authority}",
        f"ssl_options.certfile = {own.certificate}",
        f"ssl_options.keyfile = {own.key}",
        "ssl_options.verify = verify_none",  # of clients
    ]
