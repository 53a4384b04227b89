"""Keys of the API by command: shown once, listed without their secret, ended."""

import pytest

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import Key, find_key
from tests.factories import one
from tests.integration.commands import Run, run

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")


def found(said: str) -> Key | None:
    return in_transaction(lambda session: find_key(session, said, database_time(session)))


def test_a_key_is_made_used_listed_and_revoked(run: Run) -> None:
    key = run("keys", "create", "a reader", "--scope", "read").out.strip()
    holder = found(key)
    assert holder is not None
    assert (holder.name, holder.scopes) == ("a reader", frozenset({"read"}))
    (listed,) = run("keys", "list", "--json").json
    assert listed["prefix"] == key.split("_")[1]
    assert listed["last_used_at"]
    assert key.rpartition("_")[2] not in str(listed)
    assert run("keys", "revoke", key.rpartition("_")[0]).code == 0
    assert found(key) is None
    assert run("keys", "revoke", listed["prefix"]).code == 1


def test_the_secret_is_nowhere_in_the_rows(run: Run) -> None:
    key = run("keys", "create", "somebody").out.strip()
    assert key.rpartition("_")[2] not in one("SELECT k::text FROM api_key k")


@pytest.mark.parametrize("said", ["", "ohk_", "ohk_x_y", "ohk_\x00_y", "other_x_y", "ohk_" * 99])
def test_what_is_no_key_opens_nothing(said: str) -> None:
    assert found(said) is None
