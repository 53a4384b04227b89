"""Two accounts to sign in with; their password is hashed once, since that is meant to be slow."""

import re
from functools import cache

import httpx
from playwright.sync_api import Page

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


def enter_in_browser(page: Page, name: str = OPERATOR) -> None:
    """Sign in with the form."""
    page.goto("/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
