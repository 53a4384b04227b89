"""Operators' pages in a real browser: each has a title, fits and is accessible, on phones too."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize

from models.database import in_transaction
from tasks.identity.store.suggestions import suggest
from tasks.jobs.store import request_jobs
from tests.factories import NOW, add_episode, add_podcast, execute, rows, spoken, store
from tests.integration.web.accounts import add_accounts, enter, enter_in_browser
from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.integration.web.reading import Page
from workers.celery_app import app as celery_app

__all__ = ["browser"]

pytestmark = pytest.mark.slow

PAGES = (
    "",
    "/jobs",
    "/feeds?everything=true",
    "/reingest",
    "/speech",
    "/people",
    "/people/review",
    "/people/audit",
    "/podcasts",
    "/podcasts/{podcast}",
    "/accounts",
    "/first-steps",
)
SERIOUS = {"serious", "critical"}


def pages() -> list[str]:
    (podcast,) = rows("SELECT id FROM podcast")
    return [f"/operate{path.format(podcast=podcast['id'])}" for path in PAGES]


@pytest.fixture(autouse=True)
def _suggested(database: str, broker: object, broker_url: str) -> None:
    """Two pairs of similar names to review, and a failed job."""
    del database, broker
    celery_app.conf.broker_url = broker_url
    add_accounts()
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET title = 'The Lantern Hour'")
    for name in ("Gerhard Lazu", "Gehard Lazu", "Marisol Quennerby", "Marisol Quenerby"):
        episode = in_transaction(add_episode, podcast, title=f"With {name}")
        in_transaction(store, episode, spoken(f"{name}: I am {name}.", "Bob Jones: Hello."))
    in_transaction(suggest, podcast, NOW)
    in_transaction(request_jobs, "parse", [episode], NOW)
    execute("UPDATE job SET state = 'dead', reason = 'binary', attempts = 1")


def test_operators_pages_have_titles_of_their_own(client: httpx.Client) -> None:
    enter(client)
    titles = [Page("", client.get(path)).texts("//title")[0] for path in pages()]
    assert titles[:2] == ["Operate · Overheard", "Jobs · Operate · Overheard"]
    assert "The Lantern Hour · Operate · Overheard" in titles
    # The list of podcasts that are not polled is under the tab of feeds.
    assert len(set(titles)) == len(PAGES) - 1


def test_overview_leads_to_the_suggestions_to_review(client: httpx.Client) -> None:
    enter(client)
    page = Page("", client.get("/operate"))
    assert page.figures["suggestions to review"] == "2"
    assert "/operate/people/review" in page.links


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_operators_pages_fit_and_are_accessible(
    browser: Browser, web_url: str, viewport: ViewportSize
) -> None:
    with reader(browser, web_url, viewport) as page:
        enter_in_browser(page)
        for path in pages():
            page.goto(f"{path}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            found = Axe().run(page).response["violations"]
            serious = [one for one in found if one["impact"] in SERIOUS]
            assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], path


def test_suggestions_on_a_phone_have_the_whole_width(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        page.goto("/operate/people")
        words = page.locator("section[aria-labelledby=suggested] li .grow").first
        assert words.evaluate("it => it.offsetWidth") > 300
