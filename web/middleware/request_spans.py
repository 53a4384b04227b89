"""A span for each request to the web process, named by its route; only where traces are on."""

from opentelemetry.trace import SpanKind, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.middleware.access_log import is_quiet
from workers.telemetry.spans import open_span


class RequestSpans:
    """ASGI middleware: a trace of its own for each request, whatever its headers say."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on within its span."""
        if scope["type"] != "http" or is_quiet(scope):
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with open_span(method, SpanKind.SERVER, {"http.request.method": method}) as span:

            async def recording_status(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    if message["status"] >= 500:
                        span.set_status(StatusCode.ERROR)
                await send(message)

            try:
                await self._app(scope, receive, recording_status)
            finally:
                if route := _route(scope):
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.route", route)


def _route(scope: Scope) -> str:
    """The template of the path: the path itself has names and tokens in it."""
    route = scope.get("route")
    path = getattr(route, "path", "")
    return f"{scope.get('root_path', '')}{path}" if path else ""
