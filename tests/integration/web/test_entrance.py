"""Where reading is not public, every page of what is known asks to sign in first."""

import httpx
import pytest

from models import get_settings

KNOWN = (
    "/",
    "/search?q=x",
    "/search/suggest",
    "/people",
    "/podcasts",
    "/charts",
    "/topics",
    "/add",
    "/blog",
    "/blog/feed.atom",
)


@pytest.mark.parametrize("path", KNOWN)
def test_private_reading_without_session_redirects_to_sign_in(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    assert client.get(path).status_code < 400
    monkeypatch.setenv("OVERHEARD_PUBLIC_READING", "false")
    get_settings.cache_clear()
    answer = client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")


def test_the_way_in_stays_open(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_READING", "false")
    get_settings.cache_clear()
    for path in ("/sign-in", "/health/live", "/api", "/static/overheard.css"):
        assert client.get(path).status_code == 200
