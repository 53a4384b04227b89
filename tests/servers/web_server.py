"""The web application on a real server and socket, in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from models import get_settings
from web.app import create_app
from workers.serving.server import server_config


@contextmanager
def web_server() -> Iterator[str]:
    """Serve the application during the block; yield its URL, without a trailing slash."""
    # The socket listens before the server runs: a connection meanwhile waits and is not refused.
    sock = socket.create_server(("127.0.0.1", 0), backlog=128)
    config = server_config(create_app(), get_settings(), lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)
        sock.close()
    assert not thread.is_alive(), "the web server did not end"
