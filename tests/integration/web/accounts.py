"""Two accounts to sign in with; their password is hashed once, since that is meant to be slow."""

import re
from functools import cache

import httpx

from tasks.auth.passwords import hash_password
from tests.factories import NOW, execute

PASSWORD = "correct horse battery"
OPERATOR, READER = "Ada", "Rita"


@cache
def hashed_password() -> str:
    """The hash of the password of both."""
    return hash_password(PASSWORD)


def add_accounts() -> None:
    """An operator and a reader."""
    for name, role in ((OPERATOR, "operator"), (READER, "reader")):
        execute(
            "INSERT INTO account (key, name, password_hash, role, created_at) "
            "VALUES (lower(:name), :name, :hash, :role, :now)",
            name=name,
            hash=hashed_password(),
            role=role,
            now=NOW,
        )


def enter(client: httpx.Client, name: str = OPERATOR) -> str:
    """Sign in; the token of this session's forms."""
    client.post("/sign-in", data={"name": name, "password": PASSWORD})
    found = re.search(r'name="form_token" value="(\w+)"', client.get("/account").text)
    assert found
    return found[1]
