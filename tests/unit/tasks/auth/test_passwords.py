"""Passwords are kept as Argon2id hashes, and only as such."""

import pytest

from tasks.auth.passwords import hash_password, is_outdated, is_password
from tasks.auth.values import MAX_PASSWORD_LENGTH, AccountRefused

GOOD = "correct horse battery"


def test_a_password_is_known_by_its_hash_and_another_is_not() -> None:
    hashed = hash_password(GOOD)
    assert hashed.startswith("$argon2id$")
    assert GOOD not in hashed
    assert is_password(GOOD, hashed)
    assert not is_password(GOOD + " ", hashed)


def test_nobody_has_a_password() -> None:
    assert not is_password("the password of no account", None)


@pytest.mark.parametrize("broken", ["", "$argon2id$", "plain text", "$2b$12$abc"])
def test_a_hash_that_is_none_lets_nobody_in(broken: str) -> None:
    assert not is_password(GOOD, broken)


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short", "password_too_short"), ("x" * (MAX_PASSWORD_LENGTH + 1), "password_too_long")],
)
def test_a_password_that_does_not_do_is_refused_with_what_would(password: str, reason: str) -> None:
    with pytest.raises(AccountRefused, match="characters") as refused:
        hash_password(password)
    assert refused.value.reason == reason


def test_an_endless_password_costs_no_hashing() -> None:
    assert not is_password("x" * (MAX_PASSWORD_LENGTH + 1), hash_password(GOOD))


def test_a_hash_of_older_parameters_is_made_anew() -> None:
    assert not is_outdated(hash_password(GOOD))
    assert is_outdated("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzYWx0$uGkh3x1r0l4sPmG2xv1k4A")
