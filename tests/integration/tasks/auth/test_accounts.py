"""Accounts in the database: sign-in, throttling, passwords, sessions."""

import io
import threading
from datetime import timedelta

import pytest

from models import Role
from models.database import database_time, in_transaction
from tasks.auth.sign_in import change_password, sign_in
from tasks.auth.store.accounts import (
    SEEN_INTERVAL,
    SESSION_LIFETIME,
    account_key,
    add_account,
    change_account,
    create_session,
    purge_sessions,
    session_of,
)
from tasks.auth.throttling import FREE_FAILURES
from tasks.auth.values import AccountRefused, SignedIn
from tests.factories import NOW, execute, one
from tests.integration.commands import Run, run

__all__ = ["run"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("database")]

PASSWORD = "correct horse battery"
WRONG = "incorrect horse battery"


@pytest.fixture
def ada(database: str) -> int:
    del database
    return in_transaction(add_account, "Ada", PASSWORD, Role.operator, NOW)


def sign_in_as(password: str = PASSWORD, *, name: str = "ada", client_ip: str = "192.0.2.1") -> str:
    return sign_in(name, password, client_ip=client_ip, browser="a browser").token


def who(token: str) -> SignedIn | None:
    return in_transaction(lambda s: session_of(s, token, database_time(s)))


def test_sign_in_returns_a_token_that_is_stored_hashed(ada: int) -> None:
    token = sign_in_as()
    signed_in = who(token)
    assert signed_in is not None
    assert (signed_in.account_id, signed_in.name, signed_in.is_operator) == (ada, "Ada", True)
    assert who(token + "x") is None
    assert who("") is None
    assert token.encode() not in bytes(one("SELECT token_hash FROM account_session"))


def test_account_name_is_equal_in_every_spelling(ada: int) -> None:
    del ada
    assert account_key(" \uff21DA ") == "ada"
    assert who(sign_in_as(name="ADA")) is not None
    with pytest.raises(AccountRefused, match="already"):
        in_transaction(add_account, "aDa", PASSWORD, Role.reader, NOW)


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "x" * 81, "a\u202eb"])
def test_account_name_with_invisible_characters_is_refused(name: str) -> None:
    with pytest.raises(AccountRefused, match="visible"):
        in_transaction(add_account, name, PASSWORD, Role.reader, NOW)


def test_sign_in_with_wrong_name_fails_like_a_wrong_password(ada: int) -> None:
    del ada
    responses = []
    for name in ("ada", "nobody"):
        with pytest.raises(AccountRefused) as refused:
            sign_in_as(WRONG, name=name)
        responses.append((refused.value.reason, str(refused.value)))
    assert responses[0] == responses[1]


def test_sign_in_after_many_failures_must_wait(ada: int) -> None:
    del ada
    for _ in range(FREE_FAILURES["pair"] + 1):
        with pytest.raises(AccountRefused, match="is wrong"):
            sign_in_as(WRONG)
    # On a slow machine the first wait could be over before the next attempt.
    execute("UPDATE sign_in_failure SET wait_until = wait_until + interval '1 hour'")
    with pytest.raises(AccountRefused, match="try again") as refused:
        sign_in_as()
    assert refused.value.reason == "too_many_attempts"
    assert sign_in_as(
        client_ip="198.51.100.7"
    )  # guesses from another IP address do not lock out the owner
    execute("UPDATE sign_in_failure SET wait_until = now() - interval '1 second'")
    assert sign_in_as()
    assert one("SELECT count(*) FROM sign_in_failure WHERE key LIKE 'pair:%192.0.2.1'") == 0


def test_sign_in_attempts_in_parallel_are_all_counted(ada: int) -> None:
    del ada
    reasons: list[str] = []

    def guess() -> None:
        try:
            sign_in_as(WRONG)
        except AccountRefused as refused:
            reasons.append(refused.reason)

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reasons) == 12
    # Each attempt was counted before its password was checked.
    failures = one("SELECT failures FROM sign_in_failure WHERE key LIKE 'pair:%'")
    assert failures == reasons.count("wrong_password") > FREE_FAILURES["pair"]


def test_disabled_account_is_signed_out_and_cannot_sign_in(ada: int) -> None:
    del ada
    token = sign_in_as()
    in_transaction(change_account, "Ada", disabled_at=NOW)
    assert who(token) is None
    with pytest.raises(AccountRefused, match="is wrong"):
        sign_in_as()


@pytest.mark.usefixtures("ada")
def test_guesses_of_the_present_password_are_limited() -> None:
    me = who(sign_in_as())
    assert me
    guesses = [_refusal(me, WRONG) for _ in range(FREE_FAILURES["pair"] + 1)]
    assert set(guesses) == {"wrong_password"}
    assert one("SELECT wait_until IS NOT NULL FROM sign_in_failure WHERE key LIKE 'password:%'")
    execute("UPDATE sign_in_failure SET wait_until = now() + interval '10 min'")
    assert _refusal(me, PASSWORD) == "too_many_attempts"
    execute("UPDATE sign_in_failure SET wait_until = now() - interval '1 s'")
    change_password(me, PASSWORD, "a completely new one")
    assert one("SELECT count(*) FROM sign_in_failure WHERE key LIKE 'password:%'") == 0


def _refusal(me: SignedIn, old: str) -> str:
    with pytest.raises(AccountRefused) as refused:
        change_password(me, old, "a completely new one")
    return refused.value.reason


def test_password_change_ends_every_other_session(ada: int) -> None:
    del ada
    stolen, mine = sign_in_as(), sign_in_as()
    me = who(mine)
    assert me is not None
    with pytest.raises(AccountRefused, match="current password"):
        change_password(me, WRONG, "a completely new one")
    change_password(me, PASSWORD, "a completely new one")
    assert (who(stolen), who(mine)) == (None, me)
    assert sign_in_as("a completely new one")


def test_session_is_extended_by_use_with_few_writes(ada: int) -> None:
    token = in_transaction(create_session, ada, "", NOW).token
    soon, later = NOW + SEEN_INTERVAL / 2, NOW + SESSION_LIFETIME - timedelta(days=1)
    seen = "SELECT seen_at FROM account_session"
    assert in_transaction(session_of, token, soon)
    assert one(seen) == NOW
    assert in_transaction(session_of, token, later)
    assert one(seen) == later
    assert in_transaction(session_of, token, later + SESSION_LIFETIME) is None
    in_transaction(purge_sessions, later + SESSION_LIFETIME + timedelta(seconds=1))
    assert one("SELECT count(*) FROM account_session") == 0


def test_account_create_makes_an_operator(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    type_password(monkeypatch, "short")
    refused = run("accounts", "create", "Grace", "--password-stdin")
    assert (refused.code, refused.printed) == (
        1,
        "overheard: a password needs at least 10 characters",
    )
    type_password(monkeypatch, PASSWORD)
    assert run("accounts", "create", "Grace", "--password-stdin").code == 0
    (row,) = run("accounts", "list", "--json").json
    assert (row["name"], row["role"], row["sessions"]) == ("Grace", "operator", 0)
    assert "hash" not in str(row)


def test_account_commands_change_role_password_and_sessions(
    run: Run, ada: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    del ada
    token = sign_in_as()
    assert run("accounts", "role", "Ada", "reader").code == 0
    demoted = who(token)
    assert demoted is not None
    assert not demoted.is_operator
    assert "1 sessions of Ada ended" in run("accounts", "sign-out", "Ada").printed
    assert who(token) is None
    type_password(monkeypatch, "a completely new one")
    assert run("accounts", "password", "Ada", "--password-stdin").code == 0
    assert sign_in_as("a completely new one")
    assert run("accounts", "disable", "Ada").code == 0
    assert run("accounts", "enable", "Ada").code == 0
    missing = run("accounts", "role", "Nobody", "reader")
    assert (missing.code, missing.printed) == (1, "overheard: there is no account Nobody")


def type_password(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
