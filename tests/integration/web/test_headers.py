"""Which caches may keep a response, which host names are believed, and HEAD on every route."""

import re
from collections.abc import Iterator

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tests.factories import add_episode, add_podcast, one, spoken, store
from tests.integration.commands import run_process
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.metrics_page import fresh_metrics
from tests.integration.web.routes import all_routes
from workers.celery_app import app as celery_app

__all__ = ["fresh_metrics"]

pytestmark = pytest.mark.usefixtures("broker", "fresh_metrics")

QUERIES = {"/api/v1/search": "?q=ferry", "/api/v1/suggest": "?q=ann"}


@pytest.fixture(autouse=True)
def _surroundings(broker_url: str, client: httpx.Client) -> None:
    del client
    celery_app.conf.broker_url = broker_url
    add_accounts()
    podcast_id = in_transaction(add_podcast)
    episode_id = in_transaction(add_episode, podcast_id)
    in_transaction(store, episode_id, spoken("Ann Smith: The last ferry."))


@pytest.fixture
def private_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only accounts and keys may read."""
    monkeypatch.setenv("OVERHEARD_PUBLIC_READING", "false")
    get_settings.cache_clear()


def addresses() -> Iterator[str]:
    """An address of every route that answers GET."""
    known = {
        "podcast_id": one("SELECT max(id) FROM podcast"),
        "episode_id": one("SELECT max(id) FROM episode"),
        "appearance_id": one("SELECT max(id) FROM appearance"),
        "slug": "ann-smith",
        "second": "bob-jones",
        "of": "people",
        "what": "episodes",
        "name": "2026-w09",
        "section": "most_heard",
        "rank": "1",
        "number": "1",
        "kind": "people",
        "form": "vtt",
        "digest": "0" * 32,
        "token": "x" * 30,
        "request_id": "1",
    }
    for route in all_routes():
        if route.method == "GET":
            path = re.sub(r"\{(\w+)\}", lambda name: str(known[name[1]]), route.path)
            yield path + QUERIES.get(route.path, "")


@pytest.mark.parametrize("name", ["", "Ada"], ids=["anonymous", "operator"])
def test_head_is_answered_as_get_without_a_body(client: httpx.Client, name: str) -> None:
    if name:
        enter(client, name)
    for address in addresses():
        got, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (got.status_code, b""), address
        assert head.headers.get("content-type") == got.headers.get("content-type"), address


def test_head_of_an_export_ends_with_its_head(client: httpx.Client) -> None:
    head = client.head("/api/v1/export/appearances")
    assert (head.status_code, head.headers["content-type"]) == (200, "application/x-ndjson")
    assert client.get("/api/v1/export/appearances").text.count("\n") == 1


def test_public_pages_are_revalidated_and_vary_by_cookie(client: httpx.Client) -> None:
    for path in ("/", "/podcasts", "/people/ann-smith"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "public, no-cache"
        assert "cookie" in headers["vary"].lower()


def test_no_page_of_an_account_is_stored(client: httpx.Client) -> None:
    enter(client)
    for address in addresses():
        answer = client.get(address)
        if not address.startswith(("/api/", "/artwork/")) and not address.endswith(".png"):
            assert answer.headers["cache-control"] == "private, no-store", address


@pytest.mark.usefixtures("private_reading")
def test_nothing_is_public_where_reading_is_not(client: httpx.Client) -> None:
    for name in ("", "Rita"):
        if name:
            enter(client, name)
        for address in addresses():
            answer = client.get(address)
            assert "public" not in answer.headers["cache-control"], address


@pytest.mark.usefixtures("private_reading")
def test_metrics_follow_private_reading(client: httpx.Client) -> None:
    assert client.get("/metrics").status_code == 401
    key = run_process("keys", "create", "prometheus").out.strip().split()[-1]
    assert client.get("/metrics", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    wrong = {"Authorization": "Bearer ohk_wrong"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    enter(client, "Rita")
    assert client.get("/metrics").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "[::1", "a b"])
def test_absolute_urls_have_no_host_that_the_client_chose(client: httpx.Client, host: str) -> None:
    for address in ("/api", "/people/ann-smith/feed.atom", "/podcasts/", "/people/ann-smith"):
        answer = client.get(address, headers={"Host": host})
        assert answer.status_code < 500
        assert "evil.example" not in f"{answer.headers} {answer.text}", address


def test_redirect_stays_at_the_name_that_the_client_used(client: httpx.Client) -> None:
    for host, location in (("evil.example", "/podcasts?x=1"), ("127.0.0.1:8817", None)):
        answer = client.get("/podcasts/?x=1", headers={"Host": host})
        assert answer.headers["location"] == (location or f"http://{host}/podcasts?x=1")


def test_absolute_urls_have_the_public_url(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_URL", "https://overheard.example")
    get_settings.cache_clear()
    feed = client.get("/people/ann-smith/feed.atom", headers={"Host": "overheard.example"})
    assert "https://overheard.example/people/ann-smith" in feed.text
    assert "127.0.0.1" not in feed.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("pods.example", 200),
        ("PODS.example.:8817", 200),
        ("a.pods.example.org", 200),
        ("localhost:8817", 200),
        ("127.0.0.1", 200),
        ("evil.example", 421),
        ("pods.example.evil.example", 421),
        ("10.0.0.7", 421),
    ],
)
def test_only_named_hosts_are_answered_where_some_are_named(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, host: str, status: int
) -> None:
    monkeypatch.setenv("OVERHEARD_ALLOWED_HOSTS", "pods.example, *.pods.example.org")
    get_settings.cache_clear()
    assert client.get("/health/live", headers={"Host": host}).status_code == status
