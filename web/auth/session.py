"""Who is signed in: the cookie, what a page may ask for, and the token that every form brings."""

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from starlette.responses import Response

from models import get_settings
from models.database import DatabaseMissing, database_time, in_transaction
from tasks.auth.store.accounts import session_of
from tasks.auth.tokens import form_token, is_form_token
from tasks.auth.values import NewSession, SignedIn

_PLAIN_COOKIE = "overheard_session"


class SignInNeeded(Exception):
    """The page is for people who are signed in; ``place`` is where they wanted to go."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class NotAllowed(Exception):
    """Whoever asks may not do this; the message says why."""


def is_https() -> bool:
    """Whether browsers reach us over TLS, as far as the settings say."""
    return (get_settings().public_url or "").startswith("https://")


def cookie_name() -> str:
    """Over TLS the name binds the cookie to this host and path (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{_PLAIN_COOKIE}" if is_https() else _PLAIN_COOKIE


def set_cookie(response: Response, begun: NewSession) -> None:
    """Give the browser its token, out of reach of scripts and of other sites' forms."""
    response.set_cookie(
        cookie_name(),
        begun.token,
        expires=begun.expires_at,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response) -> None:
    """Take the token away from the browser."""
    response.delete_cookie(
        cookie_name(), path="/", secure=is_https(), httponly=True, samesite="lax"
    )


def token_of(request: Request) -> str:
    """The token in the browser's cookie; '' when it has none."""
    return request.cookies.get(cookie_name(), "")


def find_signed_in(request: Request) -> SignedIn | None:
    """Who asks, if they are signed in; the rows are asked once a request, if there is a cookie."""
    if not hasattr(request.state, "signed_in"):
        token = token_of(request)
        request.state.signed_in = in_transaction(_session_of, token) if token else None
    found: SignedIn | None = request.state.signed_in
    return found


def signed_in_if_known(request: Request) -> SignedIn | None:
    """The same for what every page shows: a page of an error must not fail for a second time."""
    try:
        return find_signed_in(request)
    except (DBAPIError, DatabaseMissing):
        return None


def _session_of(session: Session, token: str) -> SignedIn | None:
    return session_of(session, token, database_time(session))


MaybeSignedIn = Annotated[SignedIn | None, Depends(find_signed_in)]


def require_signed_in(request: Request, who: MaybeSignedIn) -> SignedIn:
    """Whoever is signed in; others are sent to sign in first."""
    if who is None:
        raise SignInNeeded(request.url.path)
    return who


def require_operator(who: Annotated[SignedIn, Depends(require_signed_in)]) -> SignedIn:
    """An operator; a reader is refused."""
    if not who.is_operator:
        raise NotAllowed("only operators may do this")
    return who


SignedInAccount = Annotated[SignedIn, Depends(require_signed_in)]
Operator = Annotated[SignedIn, Depends(require_operator)]


def form_token_of(request: Request) -> str:
    """What a form of this page must bring along."""
    token = token_of(request)
    return form_token(token) if token else ""


async def check_form(request: Request) -> None:
    """Refuse a form that was not made for this session."""
    form = await request.form()
    given = form.get("form_token")
    if not isinstance(given, str) or not is_form_token(given, token_of(request)):
        raise NotAllowed("this form is too old, or was made elsewhere: reload the page, send again")


CheckedForm = Depends(check_form)


def local_path(place: str) -> str:
    """A place of ours to go on to; whatever leads elsewhere becomes the first page."""
    parts = urlsplit(place)
    ours = place.startswith("/") and not place.startswith(("//", "/\\"))
    if not ours or parts.scheme or parts.netloc or not place.isprintable():
        return "/"
    return place


def sign_in_path(place: str) -> str:
    """The page to sign in on, which leads on to ``place``."""
    return f"/sign-in?next={quote(place, safe='/')}"
