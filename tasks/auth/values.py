"""What there is to say of an account, and why somebody is not let in."""

from dataclasses import dataclass
from datetime import datetime

from models import Role

# Beyond it, hashing would be work that a stranger gives us for nothing.
LONGEST_PASSWORD = 1024
SHORTEST_PASSWORD = 10


class AccountRefused(Exception):
    """An account cannot be made, changed or used so; the message says what to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, by which session."""

    account_id: int
    name: str
    role: Role
    session_id: int

    @property
    def is_operator(self) -> bool:
        """Whether this account may change what is known."""
        return self.role is Role.operator


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that was just begun; the token is nowhere but here and in the browser."""

    token: str
    expires_at: datetime
