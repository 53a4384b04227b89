"""Every error says what happened and what to do next, to GET and to HEAD."""

from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from models import get_settings
from models.database import forget_engine
from tests.factories import new_episode
from tests.integration.web.accounts import READER, add_accounts, enter
from tests.integration.web.browser import browser, reader
from tests.integration.web.reading import Page
from tests.integration.web.test_in_browser import SERIOUS, WIDTHS
from web.pages import home

__all__ = ["browser"]

pytestmark = pytest.mark.slow

ERRORS = {
    400: (
        *("/people?after=nonsense", "/people?show=x", "/charts?days=nonsense"),
        *("/search?q=(", "/people/%00"),
    ),
    404: (
        *("/no-such-page", "/people/nobody", "/podcasts/99", "/podcasts/x", "/episodes/99"),
        *("/topics/none", "/quotes/99", "/appearances/99", "/blog/2026-w01"),
        "/people/a/episodes/1",
    ),
    405: ("/sign-out", "/account/password", "/operate/jobs/retry"),
}


@pytest.mark.parametrize("status", ERRORS)
def test_every_error_page_leads_on(client: httpx.Client, status: int) -> None:
    for address in ERRORS[status]:
        answer = client.get(address)
        assert answer.status_code == status, address
        page = Page(address, answer)
        assert len(page.texts("//h1")) == 1, address
        assert page.texts("//main//a[@href]") or page.texts("//main//form"), address
        head = client.head(address)
        assert (head.status_code, head.content) == (status, b""), address
        assert head.headers["content-type"] == answer.headers["content-type"], address


def test_forbidden_page_leads_to_signing_in(client: httpx.Client) -> None:
    add_accounts()
    stranger = Page("", client.post("/add", data={"url": "https://a.example/"}))
    assert stranger.answer.status_code == 403
    assert "/sign-in" in stranger.attributes("//p[@id='next']/a/@href")
    enter(client, READER)
    known = Page("", client.get("/operate"))
    assert known.answer.status_code == 403
    assert "/sign-in" not in known.attributes("//p[@id='next']/a/@href")


def test_transcript_without_times_leads_on(client: httpx.Client) -> None:
    episode = new_episode()
    answer = client.get(f"/episodes/{episode}/transcript.vtt")
    assert answer.status_code in {404, 409}
    assert "/podcasts" in Page("", answer).attributes("//p[@id='next']/a/@href")


@pytest.fixture
def no_database(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """From now on, the database of the pages does not answer."""
    del client  # it has begun with one
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    get_settings.cache_clear()
    forget_engine()
    yield
    forget_engine()


@pytest.mark.usefixtures("no_database")
def test_page_without_a_database_can_be_tried_again(client: httpx.Client) -> None:
    answer = client.get("/people?sort=name")
    head = client.head("/people?sort=name")
    assert (answer.status_code, head.status_code, head.content) == (503, 503, b"")
    assert Page("", answer).attributes("//p[@id='next']/a/@href")[0] == "/people"


def test_page_with_a_bug_can_be_tried_again(web_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(home, "page")
    # Each with a connection of its own: the server closes it after such an error.
    answer = httpx.get(f"{web_url}/", trust_env=False, timeout=30)
    head = httpx.head(f"{web_url}/", trust_env=False, timeout=30)
    assert (answer.status_code, head.status_code, head.content) == (500, 500, b"")
    assert "has been logged" in answer.text
    assert Page("", answer).attributes("//p[@id='next']/a/@href")[0] == "/"


@pytest.mark.usefixtures("no_database")
def test_retry_link_leads_to_no_other_site(client: httpx.Client) -> None:
    answer = client.get("/people/..%2f..//evil.example")
    address = str(client.base_url).rstrip("/")
    other = client.send(httpx.Request("GET", f"{address}//evil.example/people"))
    for one in (answer, other):
        links = Page("", one).attributes("//p[@id='next']/a/@href")
        assert [link for link in links if link.startswith(("//", "http"))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_error_page_in_the_browser_leads_on(browser: Browser, web_url: str, width: str) -> None:
    viewport, scheme = WIDTHS[width]
    with reader(browser, web_url, viewport, scheme) as page:
        page.goto("/people/nobody")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
        page.locator("#next").get_by_role("link", name="People").click()
        page.wait_for_url("**/people")
