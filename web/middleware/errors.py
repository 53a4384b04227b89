"""What a reader sees when a page is not there, or cannot be made."""

from fastapi import FastAPI, Request
from fastapi.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, DBAPIError
from starlette.exceptions import HTTPException

from models.database import DatabaseMissing, is_unavailable
from web.auth.session import NotAllowed, SignInNeeded, sign_in_path
from web.middleware.security_headers import HEADERS
from web.rendering import page

_SAID = {
    400: ("This cannot be read", "The address or what was sent with it makes no sense here."),
    403: ("Not allowed", "This is not open to you."),
    404: ("Not found", "There is nothing at this address, or not any more."),
    405: ("Not like this", "This address is not asked in this way."),
    413: ("Too much", "What was sent is larger than what is taken."),
    500: ("Something broke", "It is our fault, and it is in the log."),
    503: ("Back in a moment", "The database does not answer. Please try again."),
}


def answer_errors(app: FastAPI) -> None:
    """Make pages of errors; whatever is below ``/api`` keeps answering as programs like it."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(DatabaseMissing, _database_error)
    app.add_exception_handler(500, _crash)


def error_page(request: Request, status: int, explanation: str = "") -> Response:
    """The page of one error; ``explanation`` says more than the status does."""
    title, usual = _SAID.get(status, ("This did not work", ""))
    said = explanation or usual
    return page(request, "error.html", status=status, title=title, explanation=said, number=status)


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  it is registered for these alone
    if _for_programs(request):
        return await http_exception_handler(request, error)
    return error_page(request, error.status_code)


async def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    if _for_programs(request):
        return await request_validation_exception_handler(request, error)
    return error_page(request, 404 if error.errors()[0]["loc"][0] == "path" else 400)


async def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)  # noqa: S101
    if request.method in {"GET", "HEAD"}:
        return RedirectResponse(sign_in_path(error.place), status_code=303)
    return error_page(request, 403, "Sign in first: your session has ended.")


async def _not_allowed(request: Request, error: Exception) -> Response:
    return error_page(request, 403, f"{error}.")


async def _database_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DataError):  # a null byte, or a number that no row can have
        return error_page(request, 400)
    if not isinstance(error, DatabaseMissing) and not is_unavailable(error):
        raise error
    if _for_programs(request):
        return JSONResponse({"detail": _SAID[503][1]}, status_code=503)
    return error_page(request, 503)


async def _crash(request: Request, _error: Exception) -> Response:
    """The last resort, outside of everything that surrounds other answers."""
    if _for_programs(request):
        return JSONResponse({"detail": _SAID[500][1]}, status_code=500, headers=HEADERS)
    answer = error_page(request, 500)
    answer.headers.update(HEADERS)
    return answer
