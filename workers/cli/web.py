"""Commands that serve the pages, and ask whether they are served."""

import contextlib
import http.client
import os
import signal
import socket
from types import FrameType

import structlog
import typer
import uvicorn

from models import get_settings
from models.database import engine
from workers.cli.output import errors
from workers.cli.processes import health_app
from workers.logging.configure import configure_logs

# By its name: this room may not import that one, which stands above it.
APPLICATION = "web.app:create_app"
SHUTDOWN_SECONDS = 10

log = structlog.get_logger()


def web() -> None:
    """Serve the pages and the API until SIGTERM; open requests are finished."""
    configure_logs()
    engine()  # or DatabaseMissing: it would answer 503 for ever
    with _listening() as sock:
        host, port = sock.getsockname()[:2]
        log.info("web_started", address=f"http://{host}:{port}/")
        config = uvicorn.Config(
            APPLICATION,
            factory=True,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=get_settings().trusted_proxies,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ended)
        uvicorn.Server(config).run(sockets=[sock])


def _ended(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn sends a signal again to whoever had it before, when all requests are finished."""


def free_port() -> int:
    """The port of the settings if nobody has it, else any other."""
    settings = get_settings()
    for port in (settings.web_port, 0):
        with contextlib.suppress(OSError), socket.create_server((settings.web_host, port)) as sock:
            return int(sock.getsockname()[1])
    raise OSError(f"no port of {settings.web_host} can be listened on")


def _listening() -> socket.socket:
    settings = get_settings()
    try:
        sock = socket.create_server((settings.web_host, settings.web_port), backlog=512)
    except OSError as error:
        place = f"{settings.web_host}:{settings.web_port}"
        errors.print(
            f"cannot listen on {place}: {os.strerror(error.errno or 0)}. "
            "Set OVERHEARD_WEB_PORT to a free one.",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
        raise typer.Exit(1) from None
    # Or the body of an answer waits up to 40 ms for the receipt of its head (Nagle's algorithm);
    # asyncio does it for sockets that it makes itself.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


@health_app.command("web")
def web_health() -> None:
    """Whether the pages of this host are served, and the database with them."""
    settings = get_settings()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web_host, settings.web_host)  # noqa: S104
    asked = http.client.HTTPConnection(host, settings.web_port, timeout=5)
    try:
        asked.request("GET", "/health/ready")
        status = asked.getresponse().status
    except OSError as error:
        errors.print(f"nothing answers on {host}:{settings.web_port}: {error}", highlight=False)
        raise typer.Exit(1) from None
    finally:
        asked.close()
    if status != 200:
        errors.print(f"{host}:{settings.web_port} is not ready: {status}", highlight=False)
        raise typer.Exit(1)
    typer.echo(f"{host}:{settings.web_port} is ready")
