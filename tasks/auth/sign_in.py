"""Sign in, and change one's own password."""

from dataclasses import replace

import structlog

from models.database import Session, database_time, in_transaction
from tasks.auth.networks import client_network
from tasks.auth.passwords import hash_password, is_outdated, is_password
from tasks.auth.store.accounts import (
    account_key,
    change_account,
    create_session,
    end_sessions,
    find_account,
    forget_guesses,
    record_attempt,
    record_guess,
    remove_attempt,
)
from tasks.auth.throttling import throttle_keys
from tasks.auth.tokens import device_token as new_device_token
from tasks.auth.tokens import known_device
from tasks.auth.values import AccountRefused, NewSession, SignedIn, StoredAccount

log = structlog.get_logger()


def sign_in(
    name: str, password: str, *, client_ip: str, browser: str, device_token: str = ""
) -> NewSession:
    """Check name and password, and start a session.

    A wrong name gives the same error as a wrong password, after the same time. With the device
    token of an earlier sign-in, failures of other clients are of no account.

    Raises:
        AccountRefused: ``wrong_password``, or ``too_many_attempts`` with the time to wait; or
            ``unknown_device``: the device token is not genuine, try again without it.
    """
    account = in_transaction(find_account, name)
    keys = throttle_keys(
        account_key(name), client_network(client_ip), _device(device_token, account)
    )
    wait = in_transaction(lambda session: record_attempt(session, keys, database_time(session)))
    if wait:
        log.warning("sign_in_refused", reason="too_many_attempts", client_ip=client_ip)
        minutes = max(1, round(wait.total_seconds() / 60))
        message = f"too many failed attempts: try again in {minutes} min"
        raise AccountRefused("too_many_attempts", message)
    if not _is_right(account, password) or account is None:
        log.warning("sign_in_refused", reason="wrong_password", client_ip=client_ip)
        raise AccountRefused("wrong_password", "the name or the password is wrong")
    password_hash = account.password_hash
    if is_outdated(password_hash):
        password_hash = hash_password(password)
        in_transaction(change_account, name, password_hash=password_hash)
    log.info("signed_in", account=account.name, client_ip=client_ip)
    begun = in_transaction(_create_session, keys, account.id, browser)
    return replace(begun, device_token=new_device_token(account.id, password_hash))


def _device(token: str, account: StoredAccount | None) -> str | None:
    """Return the known device that a token names; None without one."""
    if not token:
        return None
    device = known_device(token, account.id, account.password_hash) if account else None
    if device is None:
        raise AccountRefused("unknown_device", "this browser is not known to this account")
    return device


def _is_right(account: StoredAccount | None, password: str) -> bool:
    """Return whether the account is enabled and the password is right; always takes as long."""
    enabled = account if account and account.disabled_at is None else None
    return is_password(password, enabled.password_hash if enabled else None)


def _create_session(
    session: Session, keys: dict[str, str], account_id: int, browser: str
) -> NewSession:
    remove_attempt(session, keys)
    return create_session(session, account_id, browser, database_time(session))


def change_password(who: SignedIn, old: str, new: str) -> None:
    """Set a new password, and sign out every other browser of the account.

    Guesses of the old one are limited as at sign-in: a session may be a stolen one.

    Raises:
        AccountRefused: the old password is wrong, or the new one is too short or too long;
            ``too_many_attempts`` with the time to wait.
    """
    wait = in_transaction(lambda s: record_guess(s, who.account_id, database_time(s)))
    if wait:
        log.warning("sign_in_refused", reason="too_many_attempts", account=who.name)
        minutes = max(1, round(wait.total_seconds() / 60))
        message = f"too many wrong passwords: try again in {minutes} min"
        raise AccountRefused("too_many_attempts", message)
    account = in_transaction(find_account, who.name)
    if account is None or not is_password(old, account.password_hash):
        raise AccountRefused("wrong_password", "the current password is wrong")
    in_transaction(forget_guesses, who.account_id)
    hashed = hash_password(new)
    in_transaction(_change, who, hashed)
    log.info("password_changed", account=who.name)


def _change(session: Session, who: SignedIn, hashed: str) -> None:
    change_account(session, who.name, password_hash=hashed)
    end_sessions(session, who.account_id, but=who.session_id)
