"""Sign-in sessions: the cookie, the account of a request, and the CSRF token of forms."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session
from starlette.responses import Response

from models import get_settings
from models.database import DatabaseMissing, database_time, in_transaction
from tasks.auth.store.accounts import session_of
from tasks.auth.tokens import form_token, is_form_token
from tasks.auth.values import NewSession, SignedIn

_PLAIN_COOKIE = "overheard_session"


class SignInNeeded(Exception):
    """The page requires a signed-in account; ``next_path`` is the page that was requested."""

    def __init__(self, next_path: str) -> None:
        super().__init__(next_path)
        self.next_path = next_path


class NotAllowed(Exception):
    """The account may not do this; the message says why."""


def is_https() -> bool:
    """Whether browsers reach us over TLS, according to the settings."""
    return (get_settings().public_url or "").startswith("https://")


def cookie_name() -> str:
    """The cookie's name; over TLS its prefix binds it to this host (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{_PLAIN_COOKIE}" if is_https() else _PLAIN_COOKIE


def set_session_cookie(response: Response, session: NewSession) -> None:
    """Set the session cookie, inaccessible to scripts and to forms of other sites."""
    response.set_cookie(
        cookie_name(),
        session.token,
        expires=session.expires_at,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="lax",
    )


def delete_session_cookie(response: Response) -> None:
    """Delete the session cookie."""
    response.delete_cookie(
        cookie_name(), path="/", secure=is_https(), httponly=True, samesite="lax"
    )


def token_of(request: Request) -> str:
    """The token in the session cookie; '' without one."""
    return request.cookies.get(cookie_name(), "")


def find_signed_in(request: Request) -> SignedIn | None:
    """The signed-in account, if any; at most one query per request, none without a cookie."""
    if not hasattr(request.state, "signed_in"):
        token = token_of(request)
        request.state.signed_in = in_transaction(_session_of, token) if token else None
    found: SignedIn | None = request.state.signed_in
    return found


def signed_in_if_known(request: Request) -> SignedIn | None:
    """The same, but None without a database: an error page must not fail again."""
    try:
        return find_signed_in(request)
    except (DBAPIError, PoolTimeout, DatabaseMissing):
        return None


def _session_of(session: Session, token: str) -> SignedIn | None:
    return session_of(session, token, database_time(session))


MaybeSignedIn = Annotated[SignedIn | None, Depends(find_signed_in)]


def require_signed_in(request: Request, who: MaybeSignedIn) -> SignedIn:
    """Dependency: the signed-in account; other clients are redirected to sign in."""
    if who is None:
        raise SignInNeeded(request.url.path)
    return who


def require_operator(who: Annotated[SignedIn, Depends(require_signed_in)]) -> SignedIn:
    """Dependency: an operator's account; readers are refused."""
    if not who.is_operator:
        raise NotAllowed("only operators may do this")
    return who


SignedInAccount = Annotated[SignedIn, Depends(require_signed_in)]
Operator = Annotated[SignedIn, Depends(require_operator)]


def form_token_of(request: Request) -> str:
    """The CSRF token that the forms of a page must send."""
    token = token_of(request)
    return form_token(token) if token else ""


async def check_form(request: Request) -> None:
    """Reject a form that was not rendered for this session."""
    form = await request.form()
    given = form.get("form_token")
    if not isinstance(given, str) or not is_form_token(given, token_of(request)):
        raise NotAllowed(
            "this form has expired or belongs to another session: reload the page and send it again"
        )


CheckedForm = Depends(check_form)


def local_path(path: str) -> str:
    """A path of this site to redirect to; anything else becomes the home page."""
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local and path.isprintable() else "/"


def sign_in_path(next_path: str) -> str:
    """The path of the sign-in page, which redirects to ``next_path`` afterwards."""
    return f"/sign-in?next={quote(next_path, safe='/')}"
