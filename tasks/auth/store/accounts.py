"""Accounts, sessions and failed sign-ins in the database."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Role
from tasks.auth.passwords import hash_password
from tasks.auth.throttling import FORGOTTEN_AFTER, throttle_keys, wait_after_failures
from tasks.auth.tokens import new_token, token_hash
from tasks.auth.values import AccountRefused, NewSession, SignedIn

SESSION_LASTS = timedelta(days=30)
# Seen is written at most so often: a page costs no write.
SEEN_EVERY = timedelta(minutes=10)
LONGEST_NAME = 80

_ADD = text("""
    INSERT INTO account (key, name, password_hash, role, created_at)
    VALUES (:key, :name, :password_hash, :role, :now)
    ON CONFLICT (key) DO NOTHING RETURNING id
""")
_BY_KEY = text("SELECT id, name, password_hash, role, disabled_at FROM account WHERE key = :key")
_CHANGE = """
    UPDATE account SET {changes} WHERE key = :key RETURNING id
"""
_BEGIN = text("""
    INSERT INTO account_session (token_hash, account_id, browser, created_at, seen_at, expires_at)
    VALUES (:hash, :account, :browser, :now, :now, :expires)
""")
_FIND = text("""
    SELECT s.id AS session_id, a.id AS account_id, a.name, a.role, s.seen_at
    FROM account_session s JOIN account a ON a.id = s.account_id
    WHERE s.token_hash = :hash AND s.expires_at > :now AND a.disabled_at IS NULL
""")
_SEEN = text("UPDATE account_session SET seen_at = :now, expires_at = :expires WHERE id = :id")
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
_WAITING = text("SELECT max(wait_until) FROM sign_in_failure WHERE key = ANY(:keys)")
_FAILED = text("""
    INSERT INTO sign_in_failure AS f (key, failures, last_at) VALUES (:key, 1, :now)
    ON CONFLICT (key) DO UPDATE SET last_at = :now,
        failures = CASE WHEN f.last_at < :forgotten THEN 1 ELSE f.failures + 1 END
    RETURNING failures
""")
_WAIT = text("UPDATE sign_in_failure SET wait_until = :until WHERE key = :key")
_CLEAR = text("DELETE FROM sign_in_failure WHERE key = :key")
_TAKE_BACK = text("""
    UPDATE sign_in_failure SET failures = failures - 1, wait_until = NULL WHERE key = ANY(:keys)
""")
_FORGET_SESSIONS = text("DELETE FROM account_session WHERE expires_at < :now")
_FORGET_FAILURES = text("DELETE FROM sign_in_failure WHERE last_at < :before")


def account_key(name: str) -> str:
    """The comparable form of an account's name: spelling in case and width does not matter."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def add_account(session: Session, name: str, password: str, role: Role, now: datetime) -> int:
    """Make an account; its id.

    Raises:
        AccountRefused: the name is taken or none, or the password does not do.
    """
    shown = " ".join(name.split())
    if not shown or len(shown) > LONGEST_NAME or not shown.isprintable():
        raise AccountRefused("bad_name", f"a name has 1 to {LONGEST_NAME} visible characters")
    params = {"key": account_key(shown), "name": shown, "role": role.value, "now": now}
    params["password_hash"] = hash_password(password)
    made: int | None = session.connection().execute(_ADD, params).scalar()
    if made is None:
        raise AccountRefused("name_taken", f"there is an account {shown} already")
    return made


def find_account(session: Session, name: str) -> dict[str, Any] | None:
    """The account of a name, with its hash."""
    row = session.connection().execute(_BY_KEY, {"key": account_key(name)}).mappings().first()
    return dict(row) if row else None


def account_id_of(session: Session, name: str) -> int | None:
    """The id of an account, by its name."""
    found = find_account(session, name)
    return int(found["id"]) if found else None


def change_account(session: Session, name: str, **changes: Any) -> int:
    """Set columns of an account; its id.

    Raises:
        AccountRefused: there is no such account.
    """
    columns = ", ".join(f"{column} = :{column}" for column in changes or {"key"})
    statement = text(_CHANGE.format(changes=columns))
    params = {"key": account_key(name), **changes}
    found: int | None = session.connection().execute(statement, params).scalar()
    if found is None:
        raise AccountRefused("no_such_account", f"there is no account {name}")
    return found


def create_session(session: Session, account_id: int, browser: str, now: datetime) -> NewSession:
    """Sign a browser in."""
    token, expires = new_token(), now + SESSION_LASTS
    params = {"hash": token_hash(token), "account": account_id, "browser": browser[:200]}
    session.connection().execute(_BEGIN, params | {"now": now, "expires": expires})
    return NewSession(token, expires)


def session_of(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Who holds this token, if it is one that still lets in; notes now and then that they came."""
    params = {"hash": token_hash(token), "now": now}
    row = session.connection().execute(_FIND, params).first()
    if row is None:
        return None
    if now - row.seen_at > SEEN_EVERY:
        seen = {"id": row.session_id, "now": now, "expires": now + SESSION_LASTS}
        session.connection().execute(_SEEN, seen)
    return SignedIn(row.account_id, row.name, Role(row.role), row.session_id)


def sessions_of(session: Session, account_id: int, now: datetime) -> list[dict[str, Any]]:
    """The browsers that are signed in to an account, the latest seen first."""
    params = {"account": account_id, "now": now}
    return [dict(row) for row in session.connection().execute(_SESSIONS, params).mappings()]


def end_session(session: Session, account_id: int, session_id: int) -> bool:
    """Sign a browser out; whether it was signed in to this account."""
    params = {"account": account_id, "id": session_id}
    return session.connection().execute(_END, params).first() is not None


def end_sessions(session: Session, account_id: int, *, but: int = 0) -> int:
    """Sign all browsers of an account out, or all but one; how many."""
    params = {"account": account_id, "but": but}
    return len(session.connection().execute(_END_ALL, params).all())


def accounts(session: Session, now: datetime) -> list[dict[str, Any]]:
    """All accounts, without their hashes."""
    return [dict(row) for row in session.connection().execute(_ACCOUNTS, {"now": now}).mappings()]


def record_attempt(session: Session, name: str, address: str, now: datetime) -> timedelta | None:
    """Count an attempt as failed until it has gone well; or how long to wait, uncounted.

    Counted before the password is looked at, so that many attempts at once are no way around it.
    """
    keys = throttle_keys(account_key(name), address)
    params = {"keys": sorted(keys.values())}
    until: datetime | None = session.connection().execute(_WAITING, params).scalar()
    if until and until > now:
        return until - now
    for kind, key in sorted(keys.items()):
        counted = {"key": key, "now": now, "forgotten": now - FORGOTTEN_AFTER}
        failures = session.connection().execute(_FAILED, counted).scalar_one()
        if wait := wait_after_failures(kind, failures):
            session.connection().execute(_WAIT, {"key": key, "until": now + wait})
    return None


def remove_attempt(session: Session, name: str, address: str) -> None:
    """Forget the failures of somebody who got in; of the address and the name only this one."""
    keys = throttle_keys(account_key(name), address)
    session.connection().execute(_CLEAR, {"key": keys.pop("pair")})
    session.connection().execute(_TAKE_BACK, {"keys": sorted(keys.values())})


def purge_sessions(session: Session, now: datetime) -> None:
    """Delete sessions that have ended and failures that no longer count."""
    session.connection().execute(_FORGET_SESSIONS, {"now": now})
    session.connection().execute(_FORGET_FAILURES, {"before": now - FORGOTTEN_AFTER})
