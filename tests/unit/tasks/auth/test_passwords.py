"""Passwords are stored as Argon2id hashes only."""

import pytest

from tasks.auth.passwords import hash_password, is_outdated, is_password
from tasks.auth.values import MAX_PASSWORD_LENGTH, AccountRefused

GOOD = "correct horse battery"


def test_password_matches_only_its_own_hash() -> None:
    hashed = hash_password(GOOD)
    assert hashed.startswith("$argon2id$")
    assert GOOD not in hashed
    assert is_password(GOOD, hashed)
    assert not is_password(GOOD + " ", hashed)


def test_password_without_account_never_matches() -> None:
    assert not is_password("the password of no account", None)


@pytest.mark.parametrize("broken", ["", "$argon2id$", "plain text", "$2b$12$abc"])
def test_password_with_malformed_hash_never_matches(broken: str) -> None:
    assert not is_password(GOOD, broken)


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short", "password_too_short"), ("x" * (MAX_PASSWORD_LENGTH + 1), "password_too_long")],
)
def test_password_of_wrong_length_is_refused_with_the_limit(password: str, reason: str) -> None:
    with pytest.raises(AccountRefused, match="characters") as refused:
        hash_password(password)
    assert refused.value.reason == reason


def test_password_above_the_limit_is_not_hashed() -> None:
    assert not is_password("x" * (MAX_PASSWORD_LENGTH + 1), hash_password(GOOD))


def test_password_hash_of_older_parameters_is_outdated() -> None:
    assert not is_outdated(hash_password(GOOD))
    assert is_outdated("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzYWx0$uGkh3x1r0l4sPmG2xv1k4A")
