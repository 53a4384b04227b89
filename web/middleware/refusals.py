"""Refusals that cost next to nothing: no template, no query, and the connection is closed."""

from http import HTTPStatus

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Scope

from web.api.problems import problem


def refusal(
    scope: Scope, status: int, detail: str, *, retry_after: int = 0, close: bool = False
) -> ASGIApp:
    """A response that refuses a request: a problem for programs, a sentence for browsers."""
    headers = {"retry-after": str(retry_after)} if retry_after else {}
    if close:  # what of the body is still to come is not read
        headers["connection"] = "close"
    if scope["path"].startswith("/api/"):
        return problem(status, detail, headers)
    text = f"{HTTPStatus(status).phrase}: {detail}."
    return PlainTextResponse(text, status_code=status, headers=headers)
