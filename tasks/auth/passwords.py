"""Password rules, and Argon2id hashes (RFC 9106) by argon2-cffi. Pure."""

import threading
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tasks.auth.values import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, AccountRefused

# RFC 9106's second recommended choice (64 MiB, three passes), but on one thread: sign-ins are rare,
# and workers share the machine.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)

# Each hash takes 64 MiB and a processor: a flood of sign-ins waits, and exhausts neither.
_HASHING = threading.Semaphore(1)


def hash_password(password: str) -> str:
    """Return the hash to store.

    Raises:
        AccountRefused: the password is too short or too long.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        raise AccountRefused(
            "password_too_short", f"a password needs at least {MIN_PASSWORD_LENGTH} characters"
        )
    if len(password) > MAX_PASSWORD_LENGTH:
        raise AccountRefused(
            "password_too_long", f"a password may have at most {MAX_PASSWORD_LENGTH} characters"
        )
    with _HASHING:
        return _HASHER.hash(password)


def is_password(password: str, password_hash: str | None) -> bool:
    """Return whether the password matches; takes as long when there is no account (None)."""
    if len(password) > MAX_PASSWORD_LENGTH:
        return False
    try:
        with _HASHING:
            _HASHER.verify(password_hash or _dummy_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Return whether the hash was made with other parameters than the current ones."""
    return _HASHER.check_needs_rehash(password_hash)


@lru_cache(maxsize=1)
def _dummy_hash() -> str:
    return _HASHER.hash("the password of no account")
