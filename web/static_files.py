"""The files shipped with the pages: letters, look, scripts; kept by browsers for good."""

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.rendering import STATIC


class ShippedFiles(StaticFiles):
    """Serves ``web/static``. An address with a version never changes what it means."""

    def __init__(self) -> None:
        super().__init__(directory=STATIC)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, with how long it may be kept."""
        answer = await super().get_response(path, scope)
        versioned = b"v=" in scope.get("query_string", b"")
        lasting = "public, max-age=31536000, immutable" if versioned else "public, max-age=3600"
        answer.headers["cache-control"] = lasting
        return answer
