"""The language of each request for a page; what programs and operators read is English."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from web.languages.choice import chosen_language, set_language

_ENGLISH = ("/api/", "/artwork/", "/health/", "/metrics", "/operate", "/static/", "/websub/")
_FILES = (
    *(".atom", ".csv", ".ico", ".json", ".opml", ".png"),
    *(".srt", ".svg", ".txt", ".vtt", ".xml"),
)


class Languages:
    """ASGI middleware that sets the language, also for the page of an error."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its language."""
        if scope["type"] == "http" and _is_page(scope["path"]):
            headers = Headers(scope=scope)
            cookies, wishes = headers.get("cookie", ""), headers.get("accept-language", "")
            set_language(chosen_language(cookies, wishes))
        await self._app(scope, receive, send)


def _is_page(path: str) -> bool:
    return not path.startswith(_ENGLISH) and not path.endswith(_FILES)
