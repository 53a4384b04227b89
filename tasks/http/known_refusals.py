"""What the guard will say of a URL, as far as that is known without resolving its host. Pure."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from tasks.http.ip_rules import Refusal, refusal
from tasks.http.ssrf_guard import Guard

_PORTS = {"http": 80, "https": 443}


def known_refusal(origin: str, guard: Guard) -> Refusal | None:
    """Why nothing is fetched from an origin (scheme, host, port); None when that is not known.

    Of a host with a name, the port alone is judged, and only if no network is allowed: its address
    might be in one.
    """
    parts = urlsplit(origin)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    port = parts.port or _PORTS.get(parts.scheme, 443)
    if _is_address(host):
        return refusal(host, port, guard.allowed, guard.ports)
    if guard.allowed or port in guard.ports:
        return None
    return Refusal("port_refused", f"port {port} is not a port that serves podcasts")


def needs_allowed_network(origin: str, guard: Guard) -> bool:
    """Whether an origin is fetched from only because its network is allowed."""
    return not known_refusal(origin, guard) and bool(known_refusal(origin, Guard((), guard.ports)))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
