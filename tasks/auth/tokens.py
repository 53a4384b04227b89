"""Secrets that a browser holds: the session's token, and the form token that follows from it."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """256 random bits, to be put into a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is kept of a token. It is random: a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def form_token(session_token: str) -> str:
    """What a form must bring along, so that no other site can send it (OWASP: HMAC-based token)."""
    return hmac.new(session_token.encode(), b"form", hashlib.sha256).hexdigest()


def is_form_token(given: str, session_token: str) -> bool:
    """Whether a form was made for this session."""
    expected = form_token(session_token).encode()
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected)
