"""The configuration of uvicorn, the same for the command and for tests."""

from typing import Any

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from models.settings import Settings
from workers.serving.bounded_connection import bounded
from workers.serving.connection_limits import ConnectionLimits

# Open requests are finished first, but not for longer.
SHUTDOWN_SECONDS = 10


def server_config(application: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    """A configuration with our limits; ``application`` is an ASGI application, or its name."""
    proxies = ProxyHeadersMiddleware(application, settings.trusted_proxies).trusted_hosts
    limits = ConnectionLimits(
        settings.web_connections, settings.web_connections_per_network, proxies.__contains__
    )
    return uvicorn.Config(
        application,
        http=bounded(limits),
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        **more,
    )
