"""Believes the Host of a request only for names of ours: absolute URLs are made of it."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import get_settings

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REFUSAL = "this server has another name: see OVERHEARD_ALLOWED_HOSTS"


class KnownHosts:
    """ASGI middleware that refuses unknown hosts where the setting names some.

    Without the setting every request is answered. A host name that is neither loopback nor that of
    ``public_url`` is then replaced, so that no absolute URL has a name that the client chose; IP
    addresses lead to us by themselves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under a host name that is ours, or answer 421."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = Headers(scope=scope).get("host", "")
        named = _names(get_settings().allowed_hosts)
        if named and not _is_named(_name_of(host), named):
            await PlainTextResponse(_REFUSAL, status_code=421)(scope, receive, send)
            return
        if named or _is_believed(_name_of(host)):
            await self._app(scope, receive, send)
            return
        ours = _our_host()
        MutableHeaders(scope=scope)["host"] = ours
        await self._app(scope, receive, _with_relative_location(send, ours))


def _with_relative_location(send: Send, host: str) -> Send:
    """Redirect within the name that the client used: to a path, and not to our name."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            parts = urlsplit(headers.get("location", ""))
            if parts.netloc == host:
                headers["location"] = f"{parts.path}?{parts.query}" if parts.query else parts.path
        await send(message)

    return sending


def _our_host() -> str:
    settings = get_settings()
    return _public_host() or f"127.0.0.1:{settings.web_port}"


def _public_host() -> str:
    return urlsplit(get_settings().public_url or "").netloc


def _is_named(name: str, named: frozenset[str]) -> bool:
    if "*" in named or name in named | _LOOPBACK | {_name_of(_public_host())}:
        return True
    return any(one.startswith("*.") and name.endswith(one[1:]) for one in named)


def _is_believed(name: str) -> bool:
    return name in _LOOPBACK | {_name_of(_public_host())} or _is_ip_address(name)


def _names(setting: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in setting.split(",") if name.strip())


def _name_of(host: str) -> str:
    """The name without port, in lower case; '' when it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
