"""The API's application, mounted under ``/api/v1``: its parts, and what surrounds every answer."""

from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi

from web.api import changes, people, podcasts, searching, topics, usage
from web.api.limits import Limits
from web.api.metering import Metering
from web.api.problems import ApiError, Problem, answer_problems, responses
from web.api.validators import Validators
from web.auth.permissions import may_read

DESCRIPTION = """\
Who said what, on which podcast. Everything is JSON over GET, errors are `application/problem+json`.

- **Pagination.** Send the `next` of a response as `cursor`. Cursors stay valid while rows arrive.
- **Conditional requests.** Responses have an `ETag`; send it back as `If-None-Match`.
- **Limits.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) show how
  many requests are left in this minute. Beyond the limit, the status is 429 with `Retry-After`.
- **Keys.** Where reading is not public, send `Authorization: Bearer ohk_…`. Operators create keys.
"""
_TAGS = [
    {
        "name": "people",
        "description": "Who speaks, how often and where, and every appearance word for word.",
    },
    {"name": "podcasts", "description": "The podcasts that are followed."},
    {"name": "episodes", "description": "Episodes with their speakers and transcripts."},
    {"name": "topics", "description": "What episodes are about, and who speaks there."},
    {"name": "search", "description": "Every spoken segment, by words."},
    {"name": "charts", "description": "What is heard most."},
    {"name": "changes", "description": "Changes and full exports, for clients that keep a copy."},
]


def _readers(request: Request) -> None:
    """Refuse a client that may not read."""
    if not may_read(request):
        raise ApiError(401, "an API key is required", headers={"www-authenticate": "Bearer"})


def create_api() -> FastAPI:
    """The application; it answers errors by itself, as programs like them."""
    api = FastAPI(
        title="Overheard",
        version="1",
        description=DESCRIPTION,
        openapi_tags=_TAGS,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        dependencies=[Depends(_readers)],
        responses=_everywhere(),
        redirect_slashes=False,
    )
    for part in (people, podcasts, topics, searching, changes, usage):
        api.include_router(part.router)
    answer_problems(api)
    api.add_middleware(Validators)
    api.add_middleware(Metering)
    api.add_middleware(Limits)
    api.openapi = lambda: _described(api)  # type: ignore[method-assign]
    return api


def _everywhere() -> dict[int | str, dict[str, Any]]:
    unchanged = {
        304: {
            "description": "Nothing has changed since the response with the ETag in If-None-Match."
        }
    }
    return unchanged | responses(401, 422, 429, 503)


def _described(api: FastAPI) -> dict[str, Any]:
    """The description, with our form of errors in place of FastAPI's own."""
    if api.openapi_schema:
        return api.openapi_schema
    openapi = get_openapi(
        title=api.title,
        version=api.version,
        description=api.description,
        routes=api.routes,
        tags=api.openapi_tags,
        servers=[{"url": "/api/v1"}],
    )
    schemas = openapi["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = Problem.model_json_schema()
    openapi["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    openapi["security"] = [{}, {"key": []}]
    api.openapi_schema = openapi
    return openapi
