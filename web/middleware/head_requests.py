"""HEAD for every route that answers GET (RFC 9110, 9.3.2): the same head, and no body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _HeadAnswered(BaseException):
    """Ends a response whose head was sent; no handler of errors may answer it again."""


class HeadRequests:
    """ASGI middleware that answers HEAD as GET, up to the end of the head."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; of a response to HEAD, send the head and stop."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def sending_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                await send({"type": "http.response.body", "body": b""})
                if message.get("more_body"):  # an export goes on for hours
                    raise _HeadAnswered
                return
            await send(message)

        scope["method"] = "GET"
        try:
            await self._app(scope, receive, sending_head)
        except _HeadAnswered:
            pass
        finally:
            scope["method"] = "HEAD"  # for the access log
