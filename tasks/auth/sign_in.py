"""Sign in, and change one's own password."""

from datetime import datetime

import structlog

from models.database import Session, database_time, in_transaction
from tasks.auth.passwords import hash_password, is_outdated, is_password
from tasks.auth.store.accounts import (
    change_account,
    create_session,
    end_sessions,
    find_account,
    record_attempt,
    remove_attempt,
)
from tasks.auth.values import AccountRefused, NewSession, SignedIn, StoredAccount

log = structlog.get_logger()


def sign_in(name: str, password: str, *, client_ip: str, browser: str) -> NewSession:
    """Check name and password, and start a session.

    A wrong name gives the same error as a wrong password, after the same time.

    Raises:
        AccountRefused: ``wrong_password``, or ``too_many_attempts`` with the time to wait.
    """
    wait = in_transaction(lambda s: record_attempt(s, name, client_ip, database_time(s)))
    if wait:
        log.warning("sign_in_refused", reason="too_many_attempts", client_ip=client_ip)
        minutes = max(1, round(wait.total_seconds() / 60))
        message = f"too many failed attempts: try again in {minutes} min"
        raise AccountRefused("too_many_attempts", message)
    account = _checked_account(name, password)
    if account is None:
        log.warning("sign_in_refused", reason="wrong_password", client_ip=client_ip)
        raise AccountRefused("wrong_password", "the name or the password is wrong")
    if is_outdated(account.password_hash):
        in_transaction(change_account, name, password_hash=hash_password(password))
    log.info("signed_in", account=account.name, client_ip=client_ip)
    return in_transaction(_create_session, name, account.id, client_ip, browser)


def _checked_account(name: str, password: str) -> StoredAccount | None:
    """Return the account, if it is enabled and the password is right; always takes as long."""
    account = in_transaction(find_account, name)
    enabled = account if account and account.disabled_at is None else None
    is_right = is_password(password, enabled.password_hash if enabled else None)
    return enabled if is_right else None


def _create_session(
    session: Session, name: str, account_id: int, client_ip: str, browser: str
) -> NewSession:
    now: datetime = database_time(session)
    remove_attempt(session, name, client_ip)
    return create_session(session, account_id, browser, now)


def change_password(who: SignedIn, old: str, new: str) -> None:
    """Set a new password, and sign out every other browser of the account.

    Raises:
        AccountRefused: the old password is wrong, or the new one is too short or too long.
    """
    account = in_transaction(find_account, who.name)
    if account is None or not is_password(old, account.password_hash):
        raise AccountRefused("wrong_password", "the present password is wrong")
    hashed = hash_password(new)
    in_transaction(_change, who, hashed)
    log.info("password_changed", account=who.name)


def _change(session: Session, who: SignedIn, hashed: str) -> None:
    change_account(session, who.name, password_hash=hashed)
    end_sessions(session, who.account_id, but=who.session_id)
