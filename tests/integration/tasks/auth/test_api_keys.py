"""API keys by command: shown once, listed without their secret, revoked."""

import pytest

from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey, find_key
from tests.factories import one
from tests.integration.commands import Run, run

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")


def authenticate(text: str) -> AuthenticatedKey | None:
    return in_transaction(lambda session: find_key(session, text, database_time(session)))


def test_api_key_is_created_used_listed_and_revoked(run: Run) -> None:
    key = run("keys", "create", "a reader", "--scope", "read").out.strip()
    holder = authenticate(key)
    assert holder is not None
    assert (holder.name, holder.scopes) == ("a reader", frozenset({"read"}))
    (listed,) = run("keys", "list", "--json").json
    assert listed["prefix"] == key.split("_")[1]
    assert listed["last_used_at"]
    assert key.rpartition("_")[2] not in str(listed)
    assert run("keys", "revoke", key.rpartition("_")[0]).code == 0
    assert authenticate(key) is None
    assert run("keys", "revoke", listed["prefix"]).code == 1


def test_api_key_secret_is_not_stored(run: Run) -> None:
    key = run("keys", "create", "somebody").out.strip()
    assert key.rpartition("_")[2] not in one("SELECT k::text FROM api_key k")


@pytest.mark.parametrize("text", ["", "ohk_", "ohk_x_y", "ohk_\x00_y", "other_x_y", "ohk_" * 99])
def test_api_key_of_malformed_text_is_not_valid(text: str) -> None:
    assert authenticate(text) is None
