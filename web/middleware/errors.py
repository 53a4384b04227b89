"""Error pages: status, title and explanation."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from models.database import DatabaseMissing, is_unavailable
from web.auth.session import NotAllowed, SignInNeeded, local_path, sign_in_path
from web.languages.texts import N_
from web.middleware.security_headers import HEADERS
from web.rendering import page

_ERROR_TEXTS = {
    400: (N_("Bad request"), N_("The URL or the data sent with it is invalid.")),
    403: (N_("Not allowed"), N_("You do not have permission to do this.")),
    404: (N_("Not found"), N_("There is no such page, or it no longer exists.")),
    405: (N_("Method not allowed"), N_("This URL does not accept this kind of request.")),
    408: (N_("Too slow"), N_("The request did not arrive in time.")),
    409: (
        N_("No times in this transcript"),
        N_("Without times, a transcript is available as text or JSON only."),
    ),
    413: (N_("Too large"), N_("The upload is larger than the limit.")),
    429: (
        N_("Too many requests"),
        N_("There were too many requests in a short time. Please wait, and try again."),
    ),
    500: (
        N_("Something went wrong"),
        N_("This is an error of the service. It has been logged."),
    ),
    503: (N_("Back in a moment"), N_("The database does not respond. Please try again.")),
}


class ExplainedError(HTTPException):
    """An error whose page says ``detail`` instead of the usual text of its status."""


def answer_errors(app: FastAPI) -> None:
    """Register the error pages; paths below ``/api`` keep their JSON errors."""
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(NotAllowed, _not_allowed)
    app.add_exception_handler(DBAPIError, _database_error)
    app.add_exception_handler(PoolTimeout, _busy)
    app.add_exception_handler(DatabaseMissing, _database_error)
    app.add_exception_handler(500, _crash)


def error_page(request: Request, status: int, explanation: str = "") -> Response:
    """The page of an error; ``explanation`` replaces the usual text of the status."""
    title, usual = _ERROR_TEXTS.get(status, (N_("The request failed"), ""))
    again = local_path(request.url.path) if _may_pass(request, status) else ""
    return page(
        request,
        "error.html",
        status=status,
        title=title,
        explanation=explanation or usual,
        number=status,
        again=again,
    )


def _may_pass(request: Request, status: int) -> bool:
    """Whether the same page may be there in a moment."""
    return request.method in {"GET", "HEAD"} and status in {408, 429, 500, 503}


def _for_programs(request: Request) -> bool:
    return request.url.path.startswith("/api/")


# The handlers are no coroutines: an error page asks the database who is signed in, and the event
# loop must not wait for that.


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered for this type only
    if _for_programs(request):
        detail = {"detail": error.detail}
        return JSONResponse(detail, status_code=error.status_code, headers=error.headers)
    explanation = error.detail if isinstance(error, ExplainedError) else ""
    response = error_page(request, error.status_code, explanation)
    response.headers.update(error.headers or {})
    return response


def _bad_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    return error_page(request, 404 if error.errors()[0]["loc"][0] == "path" else 400)


def _to_sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeeded)  # noqa: S101
    if request.method in {"GET", "HEAD"}:
        return RedirectResponse(sign_in_path(error.next_path), status_code=303)
    return error_page(request, 403, N_("Your session has ended. Please sign in."))


def _not_allowed(request: Request, error: Exception) -> Response:
    return error_page(request, 403, f"{error}.")


def _database_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DataError):  # a null byte, or a number out of range
        return error_page(request, 400)
    if not isinstance(error, DatabaseMissing) and not is_unavailable(error):
        raise error
    return _busy(request, error)


def _busy(request: Request, _error: Exception) -> Response:
    """The database does not respond, or all of its connections are in use for too long."""
    headers = {"retry-after": "5"}
    if _for_programs(request):
        return JSONResponse({"detail": _ERROR_TEXTS[503][1]}, status_code=503, headers=headers)
    # Without asking who is signed in, which would wait for a connection again.
    request.state.signed_in = None
    response = error_page(request, 503)
    response.headers.update(headers)
    return response


def _crash(request: Request, _error: Exception) -> Response:
    """The handler of last resort, which runs outside of all middleware."""
    if _for_programs(request):
        return JSONResponse({"detail": _ERROR_TEXTS[500][1]}, status_code=500, headers=HEADERS)
    response = error_page(request, 500)
    response.headers.update(HEADERS)
    return response
