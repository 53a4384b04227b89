"""API keys in the database: only a hash of each secret, and when it was last used."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from models.database import Session

SCOPES = ("read", "operate")
# Makes a leaked key recognizable in a log, a repository or a paste.
_PREFIX = "ohk"

_ADD = text("""
    INSERT INTO api_key (name, prefix, secret_hash, scopes, created_at)
    VALUES (:name, :prefix, :hash, :scopes, :now)
""")
_BY_PREFIX = text("""
    SELECT id, name, secret_hash, scopes, revoked_at, last_used_at FROM api_key
    WHERE prefix = :prefix
""")
_MARK_USED = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")
_LIST = text("""
    SELECT prefix, name, scopes, created_at, last_used_at, revoked_at FROM api_key ORDER BY id
""")
_REVOKE = text("""
    UPDATE api_key SET revoked_at = :now WHERE prefix = :prefix AND revoked_at IS NULL
""")
# The use of a key is recorded at most once a minute, not with every request.
_USED_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AuthenticatedKey:
    """A valid API key and its scopes."""

    id: int
    name: str
    scopes: frozenset[str]


def create_key(session: Session, name: str, scopes: tuple[str, ...], now: datetime) -> str:
    """Create a key and return it with its secret, which cannot be shown again."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    params = {"name": name, "prefix": prefix, "hash": _hash(secret), "now": now}
    session.connection().execute(_ADD, params | {"scopes": " ".join(scopes)})
    return f"{_PREFIX}_{prefix}_{secret}"


def find_key(session: Session, text: str, now: datetime) -> AuthenticatedKey | None:
    """Return the valid key that this text is, if it is one; records its use."""
    prefix_mark, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    if prefix_mark != _PREFIX or not secret or len(text) > 200 or not prefix.isalnum():
        return None
    row = session.connection().execute(_BY_PREFIX, {"prefix": prefix}).first()
    if row is None or row.revoked_at is not None:
        return None
    if not hmac.compare_digest(_hash(secret), bytes(row.secret_hash)):
        return None
    if row.last_used_at is None or now - row.last_used_at > _USED_INTERVAL:
        session.connection().execute(_MARK_USED, {"id": row.id, "now": now})
    return AuthenticatedKey(row.id, row.name, frozenset(row.scopes.split()))


def keys(session: Session) -> list[dict[str, Any]]:
    """Return all keys, revoked ones too, without their secrets."""
    return [dict(row) for row in session.connection().execute(_LIST).mappings()]


def revoke_key(session: Session, prefix: str, now: datetime) -> bool:
    """Revoke a key at once; return whether it was valid."""
    params = {"prefix": prefix, "now": now}
    return bool(session.connection().execute(_REVOKE, params).rowcount)


def _hash(secret: str) -> bytes:
    # The secret is random and long, so a fast hash is safe.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
