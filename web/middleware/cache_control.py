"""Cache-Control of every response that does not set it: who may keep a page (RFC 9111, 5.2)."""

from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import get_settings
from web.auth.session import cookie_name

# Of one client only, or out of date at once.
_NEVER_STORED = (
    *("/account", "/add", "/first-account", "/operate", "/sign-"),
    *("/health/", "/metrics", "/websub/"),
)
NO_STORE = "private, no-store"
# Any cache may store a public page, and asks before it serves it.
REVALIDATE = "public, no-cache"


def cached_for(seconds: int) -> str:
    """A picture of ours: caches of others may store it only where everybody may read."""
    return f"{'public' if get_settings().public_reading else 'private'}, max-age={seconds}"


class CacheControl:
    """ASGI middleware that keeps pages of accounts, and of a closed service, out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add the header to its response."""

        async def adding_header(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("cache-control", _cache_control(scope, message["status"]))
                if headers["cache-control"] == REVALIDATE:
                    headers.add_vary_header("Cookie")
            await send(message)

        await self._app(scope, receive, adding_header)


def _cache_control(scope: Scope, status: int) -> str:
    may_be_stored = (
        scope["method"] in {"GET", "HEAD"}
        and status < 400
        and get_settings().public_reading
        and not scope["path"].startswith(_NEVER_STORED)
        and not _has_session(Headers(scope=scope))
    )
    return REVALIDATE if may_be_stored else NO_STORE


def _has_session(headers: Headers) -> bool:
    """Whether a session or an API key was sent; it need not be a right one."""
    if "authorization" in headers or "x-api-key" in headers:
        return True
    try:
        return cookie_name() in SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return True
