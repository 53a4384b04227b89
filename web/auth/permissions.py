"""Who may read: everybody, or those with an account or a key, as the setting says."""

from fastapi import Request

from models import get_settings
from tasks.auth.store.api_keys import AuthenticatedKey
from web.auth.session import SignInNeeded, find_signed_in


def may_read(request: Request) -> bool:
    """Whether whoever asks may see what is known."""
    if get_settings().public_reading:
        return True
    key: AuthenticatedKey | None = getattr(request.state, "api_key", None)
    if key is not None:
        return bool(key.scopes & {"read", "operate"})
    return find_signed_in(request) is not None


def readers_only(request: Request) -> None:
    """A page's condition: whoever may not read is sent to sign in first."""
    if not may_read(request):
        raise SignInNeeded(request.url.path)
