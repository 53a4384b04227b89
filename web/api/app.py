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

- **Pages.** `next` of an answer is the `cursor` of the next one. It stays right while rows arrive.
- **Conditional requests.** Answers have an `ETag`; send it back as `If-None-Match`.
- **Limits.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) tell how many
  requests of a minute are left; beyond, 429 with `Retry-After`.
- **Keys.** Where reading is not public, `Authorization: Bearer ohk_…`. An operator makes them.
"""
_TAGS = [
    {"name": "people", "description": "Who speaks, how often, where, and each place word by word."},
    {"name": "podcasts", "description": "What is followed."},
    {"name": "episodes", "description": "Episodes, their speakers, their transcripts."},
    {"name": "topics", "description": "What episodes are about, and who speaks there."},
    {"name": "search", "description": "Every spoken segment, by words."},
    {"name": "charts", "description": "What is heard most."},
    {"name": "changes", "description": "To keep a copy: what changed, and all there is."},
]


def _readers(request: Request) -> None:
    """Refuse a client that may not read."""
    if not may_read(request):
        raise ApiError(401, "a key is needed here", headers={"www-authenticate": "Bearer"})


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
    unchanged = {304: {"description": "What If-None-Match named is what it is now."}}
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
