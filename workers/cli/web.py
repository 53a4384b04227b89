"""The command that serves the pages and the API."""

import os
import signal
import socket
from types import FrameType

import structlog
import uvicorn

from models.database import engine
from models.settings import get_settings
from workers.cli.options import fail
from workers.logging.configure import configure_logs
from workers.serving.server import server_config

# By its name: workers may not import web, which is the layer above.
APPLICATION = "web.app:create_app"

log = structlog.get_logger()


def web() -> None:
    """Serve the pages and the API until SIGTERM.

    Open requests are finished first.
    """
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


def _listening() -> socket.socket:
    settings = get_settings()
    try:
        sock = socket.create_server((settings.web_host, settings.web_port), backlog=512)
    except OSError as error:
        fail(
            f"cannot listen on {settings.web_host}:{settings.web_port}: "
            f"{os.strerror(error.errno or 0)}. Set OVERHEARD_WEB_PORT to a free one."
        )
    # Without this, the body of a response waits up to 40 ms for the acknowledgement of its head
    # (Nagle's algorithm); asyncio sets it only for sockets that it makes itself.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
