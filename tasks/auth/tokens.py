"""Secrets of a browser: session token, form token derived from it (CSRF), device token."""

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


def device_token(account_id: int, password_hash: str) -> str:
    """Return a token for a browser in which the right password was typed (OWASP: device cookie).

    It is signed with the password hash, which is secret and random: a new password ends all tokens.
    """
    device = f"{account_id}.{secrets.token_hex(8)}"
    return f"{device}.{_device_signature(device, password_hash)}"


def known_device(token: str, account_id: int, password_hash: str) -> str | None:
    """Return the device that a token names, if it is one of this account."""
    device, _, signature = token.rpartition(".")
    expected = _device_signature(device, password_hash)
    is_genuine = hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())
    return device if is_genuine and device.startswith(f"{account_id}.") else None


def _device_signature(device: str, password_hash: str) -> str:
    message = f"device {device}".encode("utf-8", "replace")
    return hmac.new(password_hash.encode(), message, hashlib.sha256).hexdigest()
