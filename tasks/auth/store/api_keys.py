"""API keys in the database: only a hash of each secret, and when it was last used."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlmodel import col

from models import Account, ApiKey
from models.database import Session
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_all, fetch_values

SCOPES = ("read", "operate")
# Makes a leaked key recognizable in a log, a repository or a paste.
_PREFIX = "ohk"

# The use of a key is recorded at most once a minute, not with every request.
_USED_INTERVAL = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class AuthenticatedKey:
    """A valid API key, its scopes, and the account and the plan that its use counts for."""

    id: int
    name: str
    scopes: frozenset[str]
    prefix: str = ""
    account_id: int | None = None
    plan: str | None = None

    @property
    def holder(self) -> str:
        """Who is charged: the account of the key, or the key itself."""
        return f"key:{self.id}" if self.account_id is None else f"account:{self.account_id}"


@dataclass(frozen=True, slots=True)
class ApiKeyRow:
    """An API key, without its secret."""

    prefix: str
    name: str
    scopes: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_key(
    session: Session,
    name: str,
    scopes: tuple[str, ...],
    now: datetime,
    *,
    account_id: int | None = None,
) -> str:
    """Create a key and return it with its secret, which cannot be shown again."""
    prefix, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    row = insert(ApiKey).values(
        name=name,
        prefix=prefix,
        secret_hash=_hash(secret),
        scopes=" ".join(scopes),
        created_at=now,
        account_id=account_id,
    )
    execute(session, row)
    return f"{_PREFIX}_{prefix}_{secret}"


def find_key(session: Session, text: str, now: datetime) -> AuthenticatedKey | None:
    """Return the valid key that this text is, if it is one; records its use."""
    prefix = key_prefix(text)
    secret = text[len(f"{_PREFIX}_{prefix}_") :]
    if not prefix or not secret:
        return None
    row = session.scalars(select(ApiKey).where(col(ApiKey.prefix) == prefix)).one_or_none()
    if row is None or row.id is None or row.revoked_at is not None:
        return None
    if not hmac.compare_digest(_hash(secret), row.secret_hash):
        return None
    if row.last_used_at is None or now - row.last_used_at > _USED_INTERVAL:
        used = update(ApiKey).where(col(ApiKey.id) == row.id)
        execute(session, used.values(last_used_at=now))
    plan = row.plan
    if row.account_id is not None:
        plan = session.scalars(
            select(col(Account.plan)).where(col(Account.id) == row.account_id)
        ).one()
    scopes = frozenset(row.scopes.split())
    return AuthenticatedKey(row.id, row.name, scopes, row.prefix, row.account_id, plan)


def key_prefix(text: str) -> str:
    """Return how a key begins, which is stored in the clear; '' for what is no key."""
    mark, _, rest = text.partition("_")
    prefix, separator, _ = rest.partition("_")
    is_key = mark == _PREFIX and separator and len(text) <= 200 and prefix.isalnum()
    return prefix if is_key else ""


def valid_prefixes(session: Session) -> frozenset[str]:
    """Return how the valid keys begin."""
    query = select(col(ApiKey.prefix)).where(col(ApiKey.revoked_at).is_(None))
    return frozenset(fetch_values(session, query))


def keys(session: Session) -> list[ApiKeyRow]:
    """Return all keys, revoked ones too, without their secrets."""
    query = select(*row_columns(ApiKeyRow, ApiKey)).order_by(col(ApiKey.id))
    return fetch_all(session, query, ApiKeyRow)


def keys_of_account(session: Session, account_id: int) -> list[ApiKeyRow]:
    """Return the valid keys of an account, without their secrets."""
    own = col(ApiKey.account_id) == account_id, col(ApiKey.revoked_at).is_(None)
    query = select(*row_columns(ApiKeyRow, ApiKey)).where(*own).order_by(col(ApiKey.id))
    return fetch_all(session, query, ApiKeyRow)


def revoke_own_key(session: Session, account_id: int, prefix: str, now: datetime) -> bool:
    """Revoke a key of this account; return whether it was valid and the account's."""
    own = col(ApiKey.account_id) == account_id, col(ApiKey.prefix) == prefix
    valid = update(ApiKey).where(*own, col(ApiKey.revoked_at).is_(None))
    return execute(session, valid.values(revoked_at=now)) > 0


def revoke_key(session: Session, prefix: str, now: datetime) -> bool:
    """Revoke a key at once; return whether it was valid."""
    valid = col(ApiKey.prefix) == prefix, col(ApiKey.revoked_at).is_(None)
    return execute(session, update(ApiKey).where(*valid).values(revoked_at=now)) > 0


def _hash(secret: str) -> bytes:
    # The secret is random and long, so a fast hash is safe.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
