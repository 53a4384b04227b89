"""Who may read: everyone, or accounts and API keys only, depending on the setting."""

from fastapi import Request

from models import get_settings
from tasks.auth.store.api_keys import AuthenticatedKey
from web.auth.session import SignInNeeded, find_signed_in


def may_read(request: Request) -> bool:
    """Whether the client of a request may read."""
    if get_settings().public_reading:
        return True
    key: AuthenticatedKey | None = getattr(request.state, "api_key", None)
    if key is not None:
        return bool(key.scopes & {"read", "operate"})
    return find_signed_in(request) is not None


def is_operator(request: Request) -> bool:
    """Whether an operator is signed in, who may see the URLs of private podcasts."""
    who = find_signed_in(request)
    return who is not None and who.is_operator


def readers_only(request: Request) -> None:
    """Dependency of pages: redirects clients without permission to sign in."""
    if not may_read(request):
        raise SignInNeeded(request.url.path)
