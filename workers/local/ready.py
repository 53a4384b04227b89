"""When a service that was just started is ready, and on which address its pages are."""

import errno
import http.client
import socket
import time
from collections.abc import Callable, Sequence

from models.settings import Settings
from tasks.telemetry.health_files import age_of, heartbeat_file, node_name

POLL_SECONDS = 0.2
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared, not listened on


class PortInUse(RuntimeError):
    """Another program listens where the pages should be."""


def local_host(settings: Settings) -> str:
    """The address under which this machine reaches its own pages."""
    return _EVERY_ADDRESS.get(settings.web_host, settings.web_host)


def local_address(settings: Settings) -> str:
    """Where the pages are: as the settings say, or on this machine; without a slash at the end."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host = local_host(settings)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web_port}"


def free_port(settings: Settings, *, otherwise_any: bool = False) -> int:
    """The port of the settings, where it is free; for 0 any free one.

    Raises:
        PortInUse: or it cannot be used, with what to do; with ``otherwise_any`` another port is
            taken instead.
    """
    host = settings.web_host
    for port in (settings.web_port, 0) if otherwise_any else (settings.web_port,):
        try:
            with socket.create_server((host, port)) as listening:
                return int(listening.getsockname()[1])
        except PermissionError:
            continue
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise PortInUse(
                    f"this machine has no address {host}: correct OVERHEARD_WEB_HOST"
                ) from error
    raise PortInUse(
        f"port {settings.web_port} of {host} is in use by another program, or only for root: set "
        "OVERHEARD_WEB_PORT to a free one, or to 0 for any"
    )


def wait_until_ready(
    workers: Sequence[str], pages: tuple[str, int] | None, is_over: Callable[[], bool]
) -> bool:
    """Wait until every worker has run a task, and the pages respond; False when it is over."""
    began = time.time()
    while not is_over():
        if all(_has_run(name, began) for name in workers) and (not pages or _responds(*pages)):
            return True
        time.sleep(POLL_SECONDS)
    return False


def _has_run(worker: str, began: float) -> bool:
    age = age_of(heartbeat_file(node_name(worker)))
    return age is not None and time.time() - age >= began


def _responds(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
