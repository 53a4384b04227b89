"""The one-time link that creates the first account: only the hash of its token is stored."""

from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlmodel import col

from models import Account, FirstAccountLink, Role
from models.database import Session
from models.database.sql import execute, fetch_value
from tasks.auth.store.accounts import add_account
from tasks.auth.tokens import new_token, token_hash
from tasks.auth.values import AccountRefused

LINK_LIFETIME = timedelta(hours=24)


def has_accounts(session: Session) -> bool:
    """Return whether there is any account, a disabled one included."""
    return fetch_value(session, select(col(Account.id)).limit(1)) is not None


def create_link(session: Session, now: datetime) -> str:
    """Return the token of a new link; links that were made before become worthless.

    Raises:
        AccountRefused: ``account_exists``: links are for the first account only.
    """
    _only_for_the_first(session)
    token = new_token()
    execute(session, delete(FirstAccountLink))
    row = insert(FirstAccountLink).values(
        token_hash=token_hash(token), expires_at=now + LINK_LIFETIME
    )
    execute(session, row)
    return token


def create_first_account(
    session: Session, token: str, name: str, password: str, now: datetime
) -> int:
    """Create the first operator and use the link up; return the account's id.

    Of requests with one link, the first to delete its row wins: the others wait, and find none.
    A refused name or password leaves the link as it was.

    Raises:
        AccountRefused: ``account_exists``, ``link_expired``, or as ``add_account``.
    """
    used = delete(FirstAccountLink).where(
        col(FirstAccountLink.token_hash) == token_hash(token),
        col(FirstAccountLink.expires_at) > now,
    )
    is_valid = execute(session, used) > 0
    _only_for_the_first(session)
    if not is_valid:
        raise AccountRefused("link_expired", "this link has expired or was used before")
    return add_account(session, name, password, Role.operator, now)


def _only_for_the_first(session: Session) -> None:
    if has_accounts(session):
        raise AccountRefused("account_exists", "there is an account already")
