"""Signing in and out, and what an account's owner changes: each one transaction."""

from datetime import datetime

import structlog
from sqlmodel import Session

from models.database import database_time, in_transaction
from tasks.auth.passwords import hash_password, is_outdated, is_password
from tasks.auth.store.accounts import (
    change_account,
    create_session,
    end_sessions,
    find_account,
    record_attempt,
    remove_attempt,
)
from tasks.auth.values import AccountRefused, NewSession, SignedIn

log = structlog.get_logger()


def sign_in(name: str, password: str, *, address: str, browser: str) -> NewSession:
    """Let somebody in.

    The answer to a wrong name is that to a wrong password, after the same time.

    Raises:
        AccountRefused: ``wrong_password``, or ``too_many_attempts`` with how long to wait.
    """
    wait = in_transaction(lambda s: record_attempt(s, name, address, database_time(s)))
    if wait:
        minutes = max(1, round(wait.total_seconds() / 60))
        log.warning("sign_in_refused", reason="too_many_attempts", address=address)
        raise AccountRefused(
            "too_many_attempts", f"too many failed attempts: try again in {minutes} min"
        )
    account = in_transaction(find_account, name)
    usable = account if account and account["disabled_at"] is None else None
    is_right = is_password(password, usable["password_hash"] if usable else None)
    if usable is None or not is_right:
        log.warning("sign_in_refused", reason="wrong_password", address=address)
        raise AccountRefused("wrong_password", "this name and password do not belong together")
    if is_outdated(usable["password_hash"]):
        in_transaction(change_account, name, password_hash=hash_password(password))
    log.info("signed_in", account=usable["name"], address=address)
    return in_transaction(_begin, name, usable["id"], address, browser)


def _begin(session: Session, name: str, account_id: int, address: str, browser: str) -> NewSession:
    now: datetime = database_time(session)
    remove_attempt(session, name, address)
    return create_session(session, account_id, browser, now)


def change_password(who: SignedIn, old: str, new: str) -> None:
    """Set a new password, and sign out every other browser: whoever knew the old one is out.

    Raises:
        AccountRefused: the old one is not right, or the new one does not do.
    """
    account = in_transaction(find_account, who.name)
    if account is None or not is_password(old, account["password_hash"]):
        raise AccountRefused("wrong_password", "the present password is another one")
    hashed = hash_password(new)
    in_transaction(_change, who, hashed)
    log.info("password_changed", account=who.name)


def _change(session: Session, who: SignedIn, hashed: str) -> None:
    change_account(session, who.name, password_hash=hashed)
    end_sessions(session, who.account_id, but=who.session_id)
