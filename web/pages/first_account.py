"""The first visit: the first account, created with the one-time link that the service prints.

The token of the link is in its fragment, which browsers send to no server: no log has it, neither
ours nor a proxy's. The form sends it in its body.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from models.database import in_transaction
from tasks.auth.first_account import create_first_account
from tasks.auth.sign_in import sign_in
from tasks.auth.store.first_account import has_accounts
from tasks.auth.values import MIN_PASSWORD_LENGTH, AccountRefused
from web.auth.device import set_device_cookie
from web.auth.session import set_session_cookie
from web.rendering import page

router = APIRouter(prefix="/first-account", include_in_schema=False)
_STATUS = {"link_expired": 403, "account_exists": 403}


@router.get("")
def form(request: Request) -> Response:
    """The form, until there is an account."""
    if in_transaction(has_accounts):
        return RedirectResponse("/sign-in", status_code=303)
    return _form(request)


@router.post("")
def create(
    request: Request,
    code: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """Create the account and sign in, or say why not."""
    address = request.client.host if request.client else ""
    try:
        create_first_account(code.strip(), name, password, client_ip=address)
    except AccountRefused as refused:
        return _form(request, refused, code=code.strip(), name=name)
    begun = sign_in(
        name, password, client_ip=address, browser=request.headers.get("user-agent", "")
    )
    answer = RedirectResponse("/operate/first-steps", status_code=303)
    set_session_cookie(answer, begun)
    set_device_cookie(answer, begun.device_token)
    return answer


def _form(
    request: Request, refused: AccountRefused | None = None, *, code: str = "", name: str = ""
) -> Response:
    return page(
        request,
        "first_account.html",
        here="Sign In",
        status=_STATUS.get(refused.reason, 400) if refused else 200,
        refused=refused,
        code=code,
        name=name,
        least=MIN_PASSWORD_LENGTH,
    )
