"""Refuses what another site makes a browser send: the outer wall against forged requests."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from models import get_settings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Called by programs, which bring no cookie: what they send is judged by its own signature or key.
_FOR_PROGRAMS = ("/api/", "/websub/")


class SameOrigin:
    """ASGI middleware that answers 403 to an unsafe request that a foreign page has caused.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin. Programs say
    neither, and hold no cookie that could be misused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is forged."""
        if scope["type"] == "http" and _is_foreign(scope):
            refusal = PlainTextResponse("this was sent by a page of another site", status_code=403)
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
    return origin is not None and urlsplit(origin).netloc not in _our_hosts(headers)


def _our_hosts(headers: Headers) -> set[str]:
    # Without the empty one: an origin that a browser does not tell ("null") has no host.
    return {headers.get("host", ""), urlsplit(get_settings().public_url or "").netloc} - {""}
