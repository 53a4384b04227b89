"""Serves static files: fonts, styles and scripts, cached by browsers indefinitely."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.rendering import STATIC


class ShippedFiles(StaticFiles):
    """Serves ``web/static``. The content at a URL with a version never changes."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with its cache lifetime."""
        response = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        cache_control = (
            "public, max-age=31536000, immutable" if versioned else "public, max-age=3600"
        )
        response.headers["cache-control"] = cache_control
        return response
