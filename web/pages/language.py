"""The reader's choice of a language, which the menu in the footer sends."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException
from fastapi.responses import RedirectResponse, Response

from web.auth.session import is_https, local_path
from web.languages.choice import LANGUAGE_COOKIE, LANGUAGES

router = APIRouter(include_in_schema=False)
_YEAR = 365 * 86400


@router.post("/language")
def choose(
    language: Annotated[str, Form(max_length=10)],
    next: Annotated[str, Form(max_length=4000)] = "/",  # noqa: A002
) -> Response:
    """Remember the language in a cookie, and show the same page again."""
    if language not in LANGUAGES:
        raise HTTPException(400)
    answer = RedirectResponse(local_path(next), status_code=303)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=_YEAR,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="lax",
    )
    return answer
