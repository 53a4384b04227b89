"""Secrets of a browser: the session token, and the form token derived from it (CSRF)."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """Return 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """Return the hash of a token to store. Tokens are random, so a plain hash is safe."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def form_token(session_token: str) -> str:
    """Return the CSRF token that a form must contain (OWASP: HMAC-based token)."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(given: str, session_token: str) -> bool:
    """Return whether a form's CSRF token belongs to this session."""
    expected = form_token(session_token).encode()
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected)
