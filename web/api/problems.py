"""What is wrong, as programs read it: application/problem+json (RFC 9457), for every error."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from models.database import DatabaseMissing, is_unavailable
from web.middleware.security_headers import HEADERS

MEDIA_TYPE = "application/problem+json"
_LONGEST = 300


class Problem(BaseModel):
    """What is wrong (RFC 9457, section 3.1)."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What is wrong here.", examples=["there is no such person"])
    position: int | None = Field(
        None, description="Where a search is invalid: the number of the character, counted from 1."
    )


class ApiError(Exception):
    """An answer that is an error, with what is wrong."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers: dict[str, str] = more.pop("headers", {})
        self.more = more


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The answer that says what is wrong."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    } | more
    return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the errors of an operation are described."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def answer_problems(app: FastAPI) -> None:
    """Make problems of all errors."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(DatabaseMissing, _database_error)
    app.add_exception_handler(Exception, _crash)


async def _api_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)  # noqa: S101  it is registered for these alone
    return problem(error.status, error.detail, error.headers, **error.more)


async def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    details = {404: "there is nothing at this address", 405: "this method is not allowed here"}
    headers = dict(error.headers or {})
    return problem(error.status_code, details.get(error.status_code, str(error.detail)), headers)


async def _bad_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "the request"
    return problem(422, f"{place}: {first['msg']}"[:_LONGEST])


async def _database_error(_request: Request, error: Exception) -> Response:
    """A value that PostgreSQL refuses (SQLSTATE class 22) is the asker's; the rest is ours."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    if state == "57014":
        return problem(503, "this took too long", {"retry-after": "5"})
    if isinstance(error, DatabaseMissing | OperationalError) or is_unavailable(error):
        return await _busy(_request, error)
    if isinstance(error, DataError) or state.startswith("22"):
        return problem(422, "a value cannot be used")
    raise error


async def _busy(_request: Request, _error: Exception) -> Response:
    return problem(503, "the database does not answer: try again", {"retry-after": "5"})


async def _crash(_request: Request, _error: Exception) -> Response:
    return problem(500, "an internal error occurred, and has been logged", HEADERS)
