"""One's own account: its password, and the browsers that are signed in."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from models.database import database_time, in_transaction
from tasks.auth.sign_in import change_password
from tasks.auth.store.accounts import end_session, end_sessions, sessions_of
from tasks.auth.values import AccountRefused, SignedIn
from web.auth.session import CheckedForm, SignedInAccount
from web.languages.texts import N_
from web.pages.account_use import use_of_account
from web.rendering import page

router = APIRouter(prefix="/account", include_in_schema=False)


@router.get("")
def account(request: Request, who: SignedInAccount) -> Response:
    """The account, and where it is signed in."""
    return account_page(request, who)


@router.post("/password", dependencies=[CheckedForm])
def new_password(
    request: Request,
    who: SignedInAccount,
    old: Annotated[str, Form(max_length=10_000)] = "",
    new: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """A new password; all other browsers are signed out."""
    try:
        change_password(who, old, new)
    except AccountRefused as refused:
        status = 429 if refused.reason == "too_many_attempts" else 400
        return account_page(request, who, problem=str(refused), status=status)
    return account_page(
        request,
        who,
        done=N_("Your password has been changed. All other browsers have been signed out."),
    )


@router.post("/sessions/{session_id}/end", dependencies=[CheckedForm])
def end_one(who: SignedInAccount, session_id: int) -> Response:
    """Sign one of one's own browsers out."""
    in_transaction(end_session, who.account_id, session_id)
    return RedirectResponse("/account", status_code=303)


@router.post("/sessions/end", dependencies=[CheckedForm])
def end_others(who: SignedInAccount) -> Response:
    """Sign all other browsers out."""
    in_transaction(lambda s: end_sessions(s, who.account_id, but=who.session_id))
    return RedirectResponse("/account", status_code=303)


def account_page(
    request: Request,
    who: SignedIn,
    *,
    problem: str = "",
    done: str = "",
    new_key: str = "",
    status: int = 200,
) -> Response:
    """The page of an account, with what was just done or went wrong."""
    sessions = in_transaction(lambda s: sessions_of(s, who.account_id, database_time(s)))
    return page(
        request,
        "account.html",
        here="Account",
        status=status,
        sessions=sessions,
        problem=problem,
        done=done,
        new_key=new_key,
        use=use_of_account(who),
    )
