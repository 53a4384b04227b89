"""Keys in the database: only a hash of each secret, and when it was last used."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

SCOPES = ("read", "operate")
# So that a key is known for one wherever it turns up: in a log, a repository, a paste.
_MARK = "ohk"

_ADD = text("""
    INSERT INTO api_key (name, prefix, secret_hash, scopes, created_at)
    VALUES (:name, :prefix, :hash, :scopes, :now)
""")
_OF_PREFIX = text("SELECT id, name, secret_hash, scopes, revoked_at, last_used_at FROM api_key "
                  "WHERE prefix = :prefix")  # fmt: skip
_USED = text("UPDATE api_key SET last_used_at = :now WHERE id = :id")
_LIST = text("""
    SELECT prefix, name, scopes, created_at, last_used_at, revoked_at FROM api_key ORDER BY id
""")
_REVOKE = text("""
    UPDATE api_key SET revoked_at = :now WHERE prefix = :prefix AND revoked_at IS NULL
""")
# A key that is used all the time is noted once a minute, not with every request.
_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that holds, and what it may do."""

    id: int
    name: str
    scopes: frozenset[str]


def create_key(session: Session, name: str, scopes: tuple[str, ...], now: datetime) -> str:
    """Make a key; what is returned is shown once and never again."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    params = {"name": name, "prefix": prefix, "hash": _hash(secret), "now": now}
    session.connection().execute(_ADD, params | {"scopes": " ".join(scopes)})
    return f"{_MARK}_{prefix}_{secret}"


def find_key(session: Session, said: str, now: datetime) -> Key | None:
    """The key that this is, if it holds; its use is noted."""
    mark, _, rest = said.partition("_")
    prefix, _, secret = rest.partition("_")
    if mark != _MARK or not secret or len(said) > 200 or not prefix.isalnum():
        return None
    row = session.connection().execute(_OF_PREFIX, {"prefix": prefix}).first()
    if row is None or row.revoked_at is not None:
        return None
    if not hmac.compare_digest(_hash(secret), bytes(row.secret_hash)):
        return None
    if row.last_used_at is None or now - row.last_used_at > _NOTED:
        session.connection().execute(_USED, {"id": row.id, "now": now})
    return Key(row.id, row.name, frozenset(row.scopes.split()))


def keys(session: Session) -> list[dict[str, Any]]:
    """Every key that was ever made, without its secret."""
    return [dict(row) for row in session.connection().execute(_LIST).mappings()]


def revoke_key(session: Session, prefix: str, now: datetime) -> bool:
    """End a key at once; whether there was one that held."""
    params = {"prefix": prefix, "now": now}
    return bool(session.connection().execute(_REVOKE, params).rowcount)


def _hash(secret: str) -> bytes:
    """The secret is random and long: nothing slow is needed to keep it from being guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
