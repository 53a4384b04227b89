"""Who has just changed something sees it: their pages are not read from the replica.

Those are the requests of people who are signed in, all requests that are not for reading, and what
the same browser requests within a minute of one. The middleware is only there with a replica.
"""

from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.auth.session import cookie_name
from web.read_transaction import is_current

# A replica that is further behind is a problem of its own (`overheard doctor`).
SECONDS = 60
COOKIE = "overheard_wrote"
_SET_COOKIE = f"{COOKIE}=1; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax"


class CurrentReads:
    """ASGI middleware that lets some requests read the database itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; of one that may write, remember its browser for a minute."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        writes = scope["method"] not in {"GET", "HEAD"}

        async def remembering(message: Message) -> None:
            if writes and message["type"] == "http.response.start":
                cookie = (b"set-cookie", _SET_COOKIE.encode())
                message["headers"] = [*message.get("headers", ()), cookie]
            await send(message)

        token = is_current.set(writes or bool(_cookies(scope) & {cookie_name(), COOKIE}))
        try:
            await self._app(scope, receive, remembering)
        finally:
            is_current.reset(token)


def _cookies(scope: Scope) -> set[str]:
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
    return {name for line in lines for name in cookie_parser(line)}
