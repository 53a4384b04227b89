"""Passwords: what is accepted, and their Argon2id hashes (RFC 9106) by argon2-cffi. Pure."""

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tasks.auth.values import LONGEST_PASSWORD, SHORTEST_PASSWORD, AccountRefused

# RFC 9106's second recommended choice (64 MiB, three passes), on one thread: sign-ins are few,
# and workers share the machine.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)

# Each hash takes 64 MiB: a flood of sign-ins waits, and does not fill the memory.
_AT_ONCE = threading.Semaphore(2)


def hash_password(password: str) -> str:
    """The hash to keep.

    Raises:
        AccountRefused: too short or too long.
    """
    if len(password) < SHORTEST_PASSWORD:
        raise AccountRefused(
            "password_too_short", f"a password has at least {SHORTEST_PASSWORD} characters"
        )
    if len(password) > LONGEST_PASSWORD:
        raise AccountRefused(
            "password_too_long", f"a password has at most {LONGEST_PASSWORD} characters"
        )
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether it is this account's password; takes the same time where there is no account."""
    if len(password) > LONGEST_PASSWORD:
        return False
    try:
        with _AT_ONCE:
            _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than are used now."""
    return _HASHER.check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")
