"""Accounts, sessions and failed sign-ins in the database."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from models import Account, AccountSession, FirstAccountLink, Role, SignInFailure
from models.database import Session
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_all, fetch_one, fetch_value, fetch_values
from tasks.auth.passwords import hash_password
from tasks.auth.throttling import (
    FAILURES_EXPIRE_AFTER,
    FEW_EXPIRE_AFTER,
    FEW_FAILURES,
    wait_after_failures,
)
from tasks.auth.tokens import new_token, token_hash
from tasks.auth.values import AccountRefused, NewSession, SignedIn, StoredAccount

SESSION_LIFETIME = timedelta(days=30)
# ``seen_at`` is written at most this often, so that most pages cost no write.
SEEN_INTERVAL = timedelta(minutes=10)
MAX_NAME_LENGTH = 80


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account without its password hash; ``sessions`` are those that are valid."""

    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None
    sessions: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A signed-in browser of an account."""

    id: int
    browser: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _FoundSession:
    session_id: int
    account_id: int
    name: str
    role: str
    seen_at: datetime


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
        raise AccountRefused(
            "bad_name", f"a name must have 1 to {MAX_NAME_LENGTH} visible characters"
        )
    row = insert(Account).values(
        key=account_key(display_name),
        name=display_name,
        password_hash=hash_password(password),
        role=role,
        created_at=now,
    )
    added = row.on_conflict_do_nothing(index_elements=["key"]).returning(col(Account.id))
    account_id: int | None = fetch_value(session, added)
    if account_id is None:
        raise AccountRefused("name_taken", f"the account {display_name} already exists")
    execute(session, delete(FirstAccountLink))  # it is for the first account only
    return account_id


def find_account(session: Session, name: str) -> StoredAccount | None:
    """Return the account with this name, including its password hash."""
    query = select(*row_columns(StoredAccount, Account))
    return fetch_one(session, query.where(col(Account.key) == account_key(name)), StoredAccount)


def account_id_of(session: Session, name: str) -> int | None:
    """Return the id of the account with this name."""
    account = find_account(session, name)
    return account.id if account else None


def change_account(session: Session, name: str, **changes: Any) -> int:
    """Set columns of an account; return its id.

    Raises:
        AccountRefused: no account has this name.
    """
    account_id = account_id_of(session, name)
    if account_id is None:
        raise AccountRefused("no_such_account", f"there is no account {name}")
    if changes:
        execute(session, update(Account).where(col(Account.id) == account_id).values(**changes))
    return account_id


def create_session(session: Session, account_id: int, browser: str, now: datetime) -> NewSession:
    """Create a session for a browser."""
    token, expires = new_token(), now + SESSION_LIFETIME
    row = insert(AccountSession).values(
        token_hash=token_hash(token),
        account_id=account_id,
        browser=browser[:200],
        created_at=now,
        seen_at=now,
        expires_at=expires,
    )
    execute(session, row)
    return NewSession(token, expires)


_SESSION_OF_TOKEN = select(
    *row_columns(
        _FoundSession,
        AccountSession,
        Account,
        session_id=AccountSession.id,
        account_id=Account.id,
    )
).join(Account, col(Account.id) == AccountSession.account_id)


def session_of(session: Session, token: str, now: datetime) -> SignedIn | None:
    """Return who is signed in by this token, if it is valid; extends the session now and then."""
    query = _SESSION_OF_TOKEN.where(
        col(AccountSession.token_hash) == token_hash(token),
        col(AccountSession.expires_at) > now,
        col(Account.disabled_at).is_(None),
    )
    found = fetch_one(session, query, _FoundSession)
    if found is None:
        return None
    if now - found.seen_at > SEEN_INTERVAL:
        seen = update(AccountSession).where(col(AccountSession.id) == found.session_id)
        execute(session, seen.values(seen_at=now, expires_at=now + SESSION_LIFETIME))
    return SignedIn(found.account_id, found.name, Role(found.role), found.session_id)


def sessions_of(session: Session, account_id: int, now: datetime) -> list[SessionRow]:
    """Return the sessions of an account, the most recently used first."""
    query = (
        select(*row_columns(SessionRow, AccountSession))
        .where(col(AccountSession.account_id) == account_id, col(AccountSession.expires_at) > now)
        .order_by(col(AccountSession.seen_at).desc(), col(AccountSession.id).desc())
    )
    return fetch_all(session, query, SessionRow)


def end_session(session: Session, account_id: int, session_id: int) -> bool:
    """End one session; return whether this account had it."""
    of_account = delete(AccountSession).where(col(AccountSession.account_id) == account_id)
    return execute(session, of_account.where(col(AccountSession.id) == session_id)) > 0


def end_sessions(session: Session, account_id: int, *, but: int = 0) -> int:
    """End all sessions of an account, or all but one; return how many."""
    of_account = delete(AccountSession).where(col(AccountSession.account_id) == account_id)
    return execute(session, of_account.where(col(AccountSession.id) != but))


def record_guess(session: Session, account_id: int, now: datetime) -> timedelta | None:
    """Count a guess of the present password as wrong; or return how long to wait."""
    key = f"password:{account_id}"
    waiting = select(col(SignInFailure.wait_until)).where(col(SignInFailure.key) == key)
    until: datetime | None = fetch_value(session, waiting)
    if until and until > now:
        return until - now
    if wait := wait_after_failures("pair", _count_failure(session, key, now)):
        of_key = update(SignInFailure).where(col(SignInFailure.key) == key)
        execute(session, of_key.values(wait_until=now + wait))
    return None


def forget_guesses(session: Session, account_id: int) -> None:
    """Clear the wrong guesses of an account's password after the right one."""
    of_account = col(SignInFailure.key) == f"password:{account_id}"
    execute(session, delete(SignInFailure).where(of_account))


def accounts(session: Session, now: datetime) -> list[AccountRow]:
    """Return all accounts, without their password hashes."""
    valid = func.count(col(AccountSession.id)).filter(col(AccountSession.expires_at) > now)
    seen_at = func.max(col(AccountSession.seen_at))
    query = (
        select(*row_columns(AccountRow, Account, seen_at=seen_at, sessions=valid))
        .outerjoin(AccountSession, col(AccountSession.account_id) == Account.id)
        .group_by(col(Account.id))
        .order_by(col(Account.key))
    )
    return fetch_all(session, query, AccountRow)


def record_attempt(session: Session, keys: dict[str, str], now: datetime) -> timedelta | None:
    """Count an attempt as failed; or return how long to wait, without counting it.

    ``keys`` are those of ``throttle_keys``. ``remove_attempt`` uncounts it after success. It is
    counted before the password is checked, so that parallel attempts cannot evade the limit.
    """
    of_keys = col(SignInFailure.key).in_(keys.values())
    until: datetime | None = fetch_value(
        session, select(func.max(col(SignInFailure.wait_until))).where(of_keys)
    )
    if until and until > now:
        return until - now
    for kind, key in sorted(keys.items()):
        if wait := wait_after_failures(kind, _count_failure(session, key, now)):
            of_key = update(SignInFailure).where(col(SignInFailure.key) == key)
            execute(session, of_key.values(wait_until=now + wait))
    return None


def _count_failure(session: Session, key: str, now: datetime) -> int:
    """Count one more failure, or the first after those that have expired; return how many."""
    expired = col(SignInFailure.last_at) < now - FAILURES_EXPIRE_AFTER
    failures = case((expired, 1), else_=col(SignInFailure.failures) + 1)
    counted = (
        insert(SignInFailure)
        .values(key=key, failures=1, last_at=now)
        .on_conflict_do_update(index_elements=["key"], set_={"last_at": now, "failures": failures})
        .returning(col(SignInFailure.failures))
    )
    (number,) = fetch_values(session, counted)
    return int(number)


def remove_attempt(session: Session, keys: dict[str, str]) -> None:
    """Clear the failures after a success: all of a pair or device, one of IP and name."""
    own = [key for kind, key in keys.items() if kind in {"pair", "device"}]
    execute(session, delete(SignInFailure).where(col(SignInFailure.key).in_(own)))
    others = update(SignInFailure).where(col(SignInFailure.key).in_(set(keys.values()) - {*own}))
    execute(session, others.values(failures=col(SignInFailure.failures) - 1, wait_until=None))


def purge_sessions(session: Session, now: datetime) -> None:
    """Delete expired sessions and expired failures."""
    execute(session, delete(AccountSession).where(col(AccountSession.expires_at) < now))
    failures, last_at = col(SignInFailure.failures), col(SignInFailure.last_at)
    expired = last_at < now - FAILURES_EXPIRE_AFTER
    few = (failures <= FEW_FAILURES) & (last_at < now - FEW_EXPIRE_AFTER)
    execute(session, delete(SignInFailure).where(expired | few))
