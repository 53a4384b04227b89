"""One's own API keys, where the service has plans."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import create_key, revoke_own_key
from web.auth.session import CheckedForm, SignedInAccount
from web.pages.account import account_page
from web.pages.account_use import use_of_account

router = APIRouter(prefix="/account/keys", include_in_schema=False)
MAX_KEYS = 20


@router.post("", dependencies=[CheckedForm])
def create(
    request: Request, who: SignedInAccount, name: Annotated[str, Form(max_length=80)] = ""
) -> Response:
    """Create a key of one's own, which may read; it is shown once."""
    use = use_of_account(who)
    if use is None:
        raise HTTPException(404)
    name = " ".join(name.split())
    if not name or len(use.keys) >= MAX_KEYS:
        message = (
            "give the key a name" if not name else f"an account can have at most {MAX_KEYS} keys"
        )
        return account_page(request, who, problem=message, status=400)
    key = in_transaction(
        lambda s: create_key(s, name, ("read",), database_time(s), account_id=who.account_id)
    )
    return account_page(request, who, new_key=key)


@router.post("/{prefix}/revoke", dependencies=[CheckedForm])
def revoke(who: SignedInAccount, prefix: str) -> Response:
    """Revoke one of one's own keys."""
    in_transaction(lambda s: revoke_own_key(s, who.account_id, prefix, database_time(s)))
    return RedirectResponse("/account", status_code=303)
