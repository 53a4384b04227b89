"""The access log: one structured line per request."""

import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Requested all the time; logged above debug only when they fail.
_QUIET = ("/health/", "/static/", "/metrics")

# Longer paths are none of ours.
_LONGEST = 500

log = structlog.get_logger()


class AccessLog:
    """ASGI middleware that logs ``request`` with method, path, status and duration."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and log its status and duration."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def recording_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, recording_status)
        finally:
            _log_request(scope, status, round((time.monotonic() - started) * 1000))


def _log_request(scope: Scope, status: int, took_ms: int) -> None:
    path = shown_path(scope)
    event = log.warning if status >= 500 else log.info
    if status < 400 and is_quiet(scope):
        event = log.debug
    client = _escaped((scope.get("client") or ("",))[0])
    event(
        "request", method=scope["method"], path=path, status=status, took_ms=took_ms, client=client
    )


def is_quiet(scope: Scope) -> bool:
    """Whether a request is one of those that programs and browsers send all the time."""
    return str(scope["path"]).startswith(_QUIET)


def shown_path(scope: Scope) -> str:
    """The path without its query; the route's template where the path contains a token."""
    route = scope.get("route")
    if route is not None and "token" in scope.get("path_params", {}):
        return str(route.path)
    return _escaped(str(scope["path"]))


def _escaped(text: str) -> str:
    """A text of the client without control characters, which a terminal obeys, and not too long."""
    if not text.isprintable():
        text = "".join(one if one.isprintable() else _escape(one) for one in text[:_LONGEST])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode()
