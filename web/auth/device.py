"""The cookie of a browser in which the right password was typed before."""

from fastapi import Request
from starlette.responses import Response
from starlette.types import Scope

from web.auth.session import is_https

_PLAIN_COOKIE = "overheard_device"
_LIFETIME_SECONDS = 400 * 86_400  # the longest that browsers keep (RFC 6265bis, 5.5)


def _cookie_name() -> str:
    return f"__Host-{_PLAIN_COOKIE}" if is_https() else _PLAIN_COOKIE


def device_token_of(request: Request) -> str:
    """The device token of a request; '' without one."""
    return request.cookies.get(_cookie_name(), "")


def has_device_cookie(scope: Scope) -> bool:
    """Whether a request brings a device cookie, genuine or not, without parsing the others."""
    name = f"{_cookie_name()}=".encode()
    return any(name in value for header, value in scope["headers"] if header == b"cookie")


def set_device_cookie(response: Response, token: str) -> None:
    """Remember the browser, so that guesses of others do not keep it out."""
    response.set_cookie(
        _cookie_name(),
        token,
        max_age=_LIFETIME_SECONDS,
        path="/",
        secure=is_https(),
        httponly=True,
        samesite="lax",
    )


def delete_device_cookie(response: Response) -> None:
    """Forget the browser."""
    response.delete_cookie(
        _cookie_name(), path="/", secure=is_https(), httponly=True, samesite="lax"
    )
