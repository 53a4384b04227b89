"""Accounts, sessions and failed sign-ins in the database."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from models import Role
from models.database import Session
from tasks.auth.passwords import hash_password
from tasks.auth.throttling import FAILURES_EXPIRE_AFTER, throttle_keys, wait_after_failures
from tasks.auth.tokens import new_token, token_hash
from tasks.auth.values import AccountRefused, NewSession, SignedIn, StoredAccount

SESSION_LIFETIME = timedelta(days=30)
# ``seen_at`` is written at most this often, so that most pages cost no write.
SEEN_INTERVAL = timedelta(minutes=10)
MAX_NAME_LENGTH = 80

_ADD = text("""
    INSERT INTO account (key, name, password_hash, role, created_at)
    VALUES (:key, :name, :password_hash, :role, :now)
    ON CONFLICT (key) DO NOTHING RETURNING id
""")
_BY_KEY = text("SELECT id, name, password_hash, disabled_at FROM account WHERE key = :key")
_CHANGE = """
    UPDATE account SET {changes} WHERE key = :key RETURNING id
"""
_ADD_SESSION = text("""
    INSERT INTO account_session (token_hash, account_id, browser, created_at, seen_at, expires_at)
    VALUES (:hash, :account, :browser, :now, :now, :expires)
""")
_FIND = text("""
    SELECT s.id AS session_id, a.id AS account_id, a.name, a.role, s.seen_at
    FROM account_session s JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = :hash AND s.expires_at > :now AND a.disabled_at IS NULL
""")
_MARK_SEEN = text("UPDATE account_session SET seen_at = :now, expires_at = :expires WHERE id = :id")
_END = text("DELETE FROM account_session WHERE account_id = :account AND id = :id RETURNING id")
_END_ALL = text("""
    DELETE FROM account_session WHERE account_id = :account AND id <> :but RETURNING id
""")
_SESSIONS = text("""
    SELECT id, browser, created_at, seen_at, expires_at FROM account_session
    WHERE account_id = :account AND expires_at > :now ORDER BY seen_at DESC, id DESC
""")
_ACCOUNTS = text("""
    SELECT a.name, a.role, a.created_at, a.disabled_at, max(s.seen_at) AS seen_at,
           count(s.id) FILTER (WHERE s.expires_at > :now) AS sessions
    FROM account a LEFT JOIN account_session s ON s.account_id = a.id
    GROUP BY a.id ORDER BY a.key
""")
_WAIT_UNTIL = text("SELECT max(wait_until) FROM sign_in_failure WHERE key = ANY(:keys)")
_COUNT_FAILURE = text("""
    INSERT INTO sign_in_failure AS f (key, failures, last_at) VALUES (:key, 1, :now)
    ON CONFLICT (key) DO UPDATE SET last_at = :now,
        failures = CASE WHEN f.last_at < :expired THEN 1 ELSE f.failures + 1 END
    RETURNING failures
""")
_WAIT = text("UPDATE sign_in_failure SET wait_until = :until WHERE key = :key")
_CLEAR = text("DELETE FROM sign_in_failure WHERE key = :key")
_UNCOUNT = text("""
    UPDATE sign_in_failure SET failures = failures - 1, wait_until = NULL WHERE key = ANY(:keys)
""")
_PURGE_SESSIONS = text("DELETE FROM account_session WHERE expires_at < :now")
_PURGE_FAILURES = text("DELETE FROM sign_in_failure WHERE last_at < :before")


def account_key(name: str) -> str:
    """Return the comparable form of an account's name: case and width do not matter."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def add_account(session: Session, name: str, password: str, role: Role, now: datetime) -> int:
    """Create an account; return its id.

    Raises:
        AccountRefused: the name is taken or invalid, or the password is too short or too long.
    """
    display_name = " ".join(name.split())
    if not display_name or len(display_name) > MAX_NAME_LENGTH or not display_name.isprintable():
        raise AccountRefused("bad_name", f"a name has 1 to {MAX_NAME_LENGTH} visible characters")
    params = {
        "key": account_key(display_name),
        "name": display_name,
        "role": role.value,
        "now": now,
    }
    params["password_hash"] = hash_password(password)
    account_id: int | None = session.connection().execute(_ADD, params).scalar()
    if account_id is None:
        raise AccountRefused("name_taken", f"the account {display_name} exists already")
    return account_id


def find_account(session: Session, name: str) -> StoredAccount | None:
    """Return the account with this name, including its password hash."""
    row = session.connection().execute(_BY_KEY, {"key": account_key(name)}).mappings().first()
    return StoredAccount(**row) if row else None


def account_id_of(session: Session, name: str) -> int | None:
    """Return the id of the account with this name."""
    account = find_account(session, name)
    return account.id if account else None


def change_account(session: Session, name: str, **changes: Any) -> int:
    """Set columns of an account; return its id.

    Raises:
        AccountRefused: no account has this name.
    """
    columns = ", ".join(f"{column} = :{column}" for column in changes or {"key"})
    statement = text(_CHANGE.format(changes=columns))
    params = {"key": account_key(name), **changes}
    account_id: int | None = session.connection().execute(statement, params).scalar()
    if account_id is None:
        raise AccountRefused("no_such_account", f"there is no account {name}")
    return account_id


def create_session(session: Session, account_id: int, browser: str, now: datetime) -> NewSession:
    """Create a session for a browser."""
    token, expires = new_token(), now + SESSION_LIFETIME
    params = {"hash": token_hash(token), "account": account_id, "browser": browser[:200]}
    session.connection().execute(_ADD_SESSION, params | {"now": now, "expires": expires})
    return NewSession(token, expires)


def session_of(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Return who is signed in by this token, if it is valid; extends the session now and then."""
    params = {"hash": token_hash(token), "now": now}
    row = session.connection().execute(_FIND, params).first()
    if row is None:
        return None
    if now - row.seen_at > SEEN_INTERVAL:
        seen = {"id": row.session_id, "now": now, "expires": now + SESSION_LIFETIME}
        session.connection().execute(_MARK_SEEN, seen)
    return SignedIn(row.account_id, row.name, Role(row.role), row.session_id)


def sessions_of(session: Session, account_id: int, now: datetime) -> list[dict[str, Any]]:
    """Return the sessions of an account, the most recently used first."""
    params = {"account": account_id, "now": now}
    return [dict(row) for row in session.connection().execute(_SESSIONS, params).mappings()]


def end_session(session: Session, account_id: int, session_id: int) -> bool:
    """End one session; return whether this account had it."""
    params = {"account": account_id, "id": session_id}
    return session.connection().execute(_END, params).first() is not None


def end_sessions(session: Session, account_id: int, *, but: int = 0) -> int:
    """End all sessions of an account, or all but one; return how many."""
    params = {"account": account_id, "but": but}
    return len(session.connection().execute(_END_ALL, params).all())


def accounts(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return all accounts, without their password hashes."""
    return [dict(row) for row in session.connection().execute(_ACCOUNTS, {"now": now}).mappings()]


def record_attempt(session: Session, name: str, client_ip: str, now: datetime) -> timedelta | None:
    """Count an attempt as failed; or return how long to wait, without counting it.

    ``remove_attempt`` uncounts it after success. It is counted before the password is checked, so
    that parallel attempts cannot evade the limit.
    """
    keys = throttle_keys(account_key(name), client_ip)
    params = {"keys": sorted(keys.values())}
    until: datetime | None = session.connection().execute(_WAIT_UNTIL, params).scalar()
    if until and until > now:
        return until - now
    for kind, key in sorted(keys.items()):
        failure = {"key": key, "now": now, "expired": now - FAILURES_EXPIRE_AFTER}
        failures = session.connection().execute(_COUNT_FAILURE, failure).scalar_one()
        if wait := wait_after_failures(kind, failures):
            session.connection().execute(_WAIT, {"key": key, "until": now + wait})
    return None


def remove_attempt(session: Session, name: str, client_ip: str) -> None:
    """Clear the failures after a success: all of this pair, one of the IP and of the name."""
    keys = throttle_keys(account_key(name), client_ip)
    session.connection().execute(_CLEAR, {"key": keys.pop("pair")})
    session.connection().execute(_UNCOUNT, {"keys": sorted(keys.values())})


def purge_sessions(session: Session, now: datetime) -> None:
    """Delete expired sessions and expired failures."""
    session.connection().execute(_PURGE_SESSIONS, {"now": now})
    session.connection().execute(_PURGE_FAILURES, {"before": now - FAILURES_EXPIRE_AFTER})
