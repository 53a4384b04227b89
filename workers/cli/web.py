"""The command that serves the pages and the API."""

import os
import signal
import socket
from types import FrameType
from typing import Annotated

import structlog
import typer
import uvicorn

from models.database import engine
from models.settings import get_settings
from workers.cli.options import fail
from workers.local.preflight import try_settings
from workers.logging.configure import configure_logs
from workers.serving.server import server_config

# By its name: workers may not import web, which is the layer above.
APPLICATION = "web.app:create_app"

log = structlog.get_logger()


def web(
    host: Annotated[
        str | None, typer.Option(help="Address to serve on. Default: OVERHEARD_WEB_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port. Default: OVERHEARD_WEB_PORT.")
    ] = None,
) -> None:
    """Serve the pages and the API until SIGTERM.

    Open requests are finished first.
    """
    _choose(OVERHEARD_WEB_HOST=host, OVERHEARD_WEB_PORT=port)
    try_settings(get_settings())
    configure_logs()
    engine()  # raises DatabaseMissing; otherwise every request would be answered with 503
    with _listening() as sock:
        host, port = sock.getsockname()[:2]
        log.info("web_started", address=f"http://{host}:{port}/")
        config = server_config(APPLICATION, get_settings(), factory=True)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _ignore_repeated_signal)
        uvicorn.Server(config).run(sockets=[sock])


def _ignore_repeated_signal(_number: int, _frame: FrameType | None) -> None:
    """Uvicorn raises the signal again for the handler before it, once all requests are finished."""


def _choose(**options: object) -> None:
    """Put options in the place of settings; the application reads them from there."""
    os.environ.update({name: str(value) for name, value in options.items() if value is not None})
    get_settings.cache_clear()


def _listening() -> socket.socket:
    settings = get_settings()
    try:
        sock = socket.create_server((settings.web_host, settings.web_port), backlog=512)
    except OSError as error:
        fail(
            f"cannot listen on {settings.web_host}:{settings.web_port}: "
            f"{error.strerror}. Choose another address with --host or --port."
        )
    # Without this, the body of a response waits up to 40 ms for the acknowledgement of its head
    # (Nagle's algorithm); asyncio sets it only for sockets that it makes itself.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
