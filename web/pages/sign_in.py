"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from models.database import in_transaction
from tasks.auth.sign_in import sign_in
from tasks.auth.store.accounts import end_session
from tasks.auth.store.first_account import has_accounts
from tasks.auth.values import AccountRefused
from web.auth.device import delete_device_cookie, device_token_of, set_device_cookie
from web.auth.session import (
    CheckedForm,
    MaybeSignedIn,
    SignedInAccount,
    delete_session_cookie,
    local_path,
    set_session_cookie,
)
from web.rendering import page

router = APIRouter(include_in_schema=False)

_STATUS = {"wrong_password": 401, "too_many_attempts": 429}


@router.get("/sign-in")
def sign_in_form(request: Request, who: MaybeSignedIn, next: str = "/") -> Response:  # noqa: A002
    """The form; a signed-in reader is redirected to the wanted page."""
    if who:
        return RedirectResponse(local_path(next), status_code=303)
    return _form(request, next)


@router.post("/sign-in")
def let_in(
    request: Request,
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=10_000)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> Response:
    """Begin a session, or say why not."""
    address = request.client.host if request.client else ""
    try:
        begun = sign_in(
            name,
            password,
            client_ip=address,
            browser=request.headers.get("user-agent", ""),
            device_token=device_token_of(request),
        )
    except AccountRefused as refused:
        if refused.reason == "unknown_device":
            return _without_device()
        return _form(
            request, next, name=name, problem=str(refused), status=_STATUS.get(refused.reason, 400)
        )
    answer = RedirectResponse(local_path(next), status_code=303)
    set_session_cookie(answer, begun)
    set_device_cookie(answer, begun.device_token)
    return answer


def _without_device() -> Response:
    """Let the browser send the same form again (307) as one that is not known."""
    answer = RedirectResponse("/sign-in", status_code=307)
    delete_device_cookie(answer)
    return answer


@router.post("/sign-out", dependencies=[CheckedForm])
def let_out(who: SignedInAccount) -> Response:
    """End this browser's session, in the rows and in the browser."""
    in_transaction(end_session, who.account_id, who.session_id)
    answer = RedirectResponse("/", status_code=303)
    delete_session_cookie(answer)
    return answer


def _form(
    request: Request, place: str, *, name: str = "", problem: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "sign_in.html",
        here="Sign In",
        status=status,
        next=local_path(place),
        name=name,
        problem=problem,
        first_visit=not in_transaction(has_accounts),
    )
