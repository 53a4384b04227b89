"""Accounts, sessions and their errors, as values."""

from dataclasses import dataclass, field
from datetime import datetime

from models import Role

# A longer password would let anyone cause expensive hashing.
MAX_PASSWORD_LENGTH = 1024
MIN_PASSWORD_LENGTH = 10


class AccountRefused(Exception):
    """An account cannot be created, changed or used like this; the message says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """An account as stored, with its password hash."""

    id: int
    name: str
    password_hash: str = field(repr=False)
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The account that is signed in, and its session."""

    account_id: int
    name: str
    role: Role
    session_id: int

    @property
    def is_operator(self) -> bool:
        """Whether this account may make changes."""
        return self.role is Role.operator


@dataclass(frozen=True, slots=True)
class NewSession:
    """A new session; its tokens exist only here and in the browser."""

    token: str
    expires_at: datetime
    device_token: str = ""
