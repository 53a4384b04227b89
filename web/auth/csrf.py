"""Rejects cross-site requests: the first defence against request forgery (CSRF)."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from models import get_settings

_REFUSAL = (
    "Forbidden: this request was sent by a page of another site. Open the page on this site, and "
    "send the form from there."
)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Called by programs without cookies; their requests have a signature or an API key.
_FOR_PROGRAMS = ("/api/", "/websub/")


class SameOrigin:
    """ASGI middleware that rejects unsafe requests from pages of other sites with 403.

    Browsers send the source of a request in Sec-Fetch-Site, older ones in Origin. Programs send
    neither, and have no cookie that could be misused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it comes from another site."""
        if scope["type"] == "http" and _is_foreign(scope):
            refusal = PlainTextResponse(_REFUSAL, status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(scope: Scope) -> bool:
    if scope["method"] in _SAFE or scope["path"].startswith(_FOR_PROGRAMS):
        return False
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    return origin is not None and _host_of(origin) not in _our_hosts(headers)


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # half an IPv6 address in brackets
        return ""


def _our_hosts(headers: Headers) -> set[str]:
    # Not the empty host: an opaque origin ("null") has none.
    return {headers.get("host", ""), urlsplit(get_settings().public_url or "").netloc} - {""}
