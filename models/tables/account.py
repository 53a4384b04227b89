"""Accounts, their sessions, failed sign-ins, and the link to the first account."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment, primary_key, reference


class Role(StrEnum):
    """What an account may do: read, or also decide and operate."""

    reader = "reader"
    operator = "operator"


class Account(SQLModel, table=True):
    """An account with a password; ``key`` is the same for all spellings of its name.

    ``plan`` is the key of a plan, null for the default one.
    """

    __tablename__ = "account"
    __table_args__ = (member_of("account", "role", Role),)

    id: int | None = primary_key()
    key: str = Field(unique=True)
    name: str
    password_hash: str
    role: Role = member(Role, Role.reader)
    created_at: datetime = moment(nullable=False)
    disabled_at: datetime | None = moment()
    plan: str | None = None


class AccountSession(SQLModel, table=True):
    """A signed-in browser. Only the token's hash is stored, so a dump opens no session."""

    __tablename__ = "account_session"
    __table_args__ = (Index("account_session_account", "account_id"),)

    id: int | None = primary_key()
    token_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    account_id: int = reference("account.id")
    browser: str = ""
    created_at: datetime = moment(nullable=False)
    seen_at: datetime = moment(nullable=False)
    expires_at: datetime = moment(nullable=False)


class FirstAccountLink(SQLModel, table=True):
    """The one-time link that creates the first account; only the hash of its token is stored."""

    __tablename__ = "first_account_link"

    token_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    expires_at: datetime = moment(nullable=False)


class SignInFailure(SQLModel, table=True):
    """Failed sign-ins under a key (name, client IP, or both), and how long to wait."""

    __tablename__ = "sign_in_failure"

    key: str = Field(primary_key=True)
    failures: int
    last_at: datetime = moment(nullable=False)
    wait_until: datetime | None = moment()
