"""The rest of the menu in a real browser: links, blog, plans, store charts, at both widths."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from models import IssuePeriod, get_settings
from models.database import in_transaction
from tasks.blog.periods import period_of
from tasks.blog.store.issues import publish_issue
from tasks.charts.poll import poll_due_charts
from tasks.plans.plan_file import plans_of_service
from tests.integration.tasks.blog.test_issues import TALK, heard
from tests.integration.web.accounts import PASSWORD, READER, add_accounts
from tests.integration.web.browser import browser, reader
from tests.integration.web.test_in_browser import WIDTHS, in_thread
from tests.paths import DATA
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.slow

__all__ = ["browser"]

MENU = ["Search", "Podcasts", "Charts", "People & Topics", "Add Podcast", "API", "Blog", "Pricing"]
SEARCHED = "/search?media=podcast&entity=podcast&limit=10&term=lamp+room"


@pytest.fixture
def everything(
    publisher: FaultServer, web_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Pages with an issue, a post, plans, a store chart and a directory."""
    (tmp_path / "hello.md").write_text(
        "---\ntitle: Hello\ndate: 2026-02-01\n---\n# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n"
        "<script>window.hostile = 1</script>![](https://evil.example/p.png)\n"
    )
    settings = {
        "BLOG_POSTS": str(tmp_path),
        "PLANS": str(DATA / "plans" / "plans.toml"),
        "STORE_CHARTS": "us",
        "APPLE_URL": publisher.url(""),
        "PUBLIC_ADD": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    found = {"kind": "podcast", "collectionName": "Lamp Room", "feedUrl": "https://a.invalid/f"}
    body = json.dumps({"resultCount": 1, "results": [found]}).encode()
    publisher.serve(SEARCHED, Answer(body=body))
    top = (DATA / "charts" / "top.json").read_bytes()
    publisher.serve("/us/rss/toppodcasts/limit=100/json", Answer(body=top))
    heard(date(2026, 2, 24), *TALK)
    in_transaction(publish_issue, period_of(IssuePeriod.week, date(2026, 2, 24)))
    add_accounts()
    in_thread(poll_due_charts)
    yield web_url
    plans_of_service.cache_clear()
    get_settings.cache_clear()


def check(page: Page, viewport: ViewportSize) -> None:
    """One heading, no script of anybody else, no sideways scrolling, no barrier."""
    assert page.locator("h1").count() == 1
    assert page.evaluate("window.hostile") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_each_new_page_is_accessible_and_fits(
    browser: Browser, everything: str, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    blog = ("/blog", "/blog/2026-w09", "/blog/2026-w09/most_heard/1", "/blog/posts/hello")
    charts = ("/charts/store", "/charts?days=all", "/charts?of=topics", "/charts?language=en")
    adding = ("/add", "/add/progress?ids=1&refused=1")
    with reader(browser, everything, viewport, scheme) as page:
        for path in (*blog, *charts, *adding, "/pricing"):
            page.goto(path)
            check(page, viewport)
        page.goto("/add")
        page.get_by_label("Link, feed URL or name").fill("lamp room")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("heading", name="Which podcast?").wait_for()
        check(page, viewport)


@pytest.mark.parametrize("width", WIDTHS)
def test_menu_is_complete_and_each_item_leads_somewhere(
    browser: Browser, everything: str, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    with reader(browser, everything, viewport, scheme) as page:
        page.goto("/")
        items = page.locator("nav[aria-label=Main] a")
        assert items.all_inner_texts() == ["Sign In", *MENU]
        for name in MENU:
            page.locator("nav[aria-label=Main]").get_by_role("link", name=name).click()
            current = page.locator("nav[aria-label=Main] a[aria-current=page]")
            assert current.inner_text() == name


def test_name_is_searched_and_added_with_one_click(browser: Browser, everything: str) -> None:
    with reader(browser, everything) as page:
        page.goto("/add")
        page.get_by_label("Link, feed URL or name").fill("lamp room")
        page.get_by_role("button", name="Add", exact=True).click()
        page.get_by_role("button", name="Add Lamp Room").click()
        page.wait_for_url("**/add/progress?ids=*")


def test_number_of_an_issue_leads_to_its_parts(browser: Browser, everything: str) -> None:
    with reader(browser, everything) as page:
        page.goto("/blog")
        page.get_by_role("link", name="Week 9 of 2026").click()
        number = page.locator("[data-number]").first
        shown = number.inner_text()
        number.click()
        page.wait_for_url("**/most_heard/1")
        assert page.locator("[data-frozen]").inner_text() == shown
        assert page.locator("[data-now]").inner_text() == shown


@pytest.mark.parametrize("width", WIDTHS)
def test_account_makes_a_key_and_sees_its_use(
    browser: Browser, everything: str, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    with reader(browser, everything, viewport, scheme) as page:
        page.goto("/sign-in")
        page.get_by_label("Name").fill(READER)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto("/account")
        page.get_by_label("Name of the new key").fill("mine")
        page.get_by_role("button", name="Create key").click()
        key = page.locator("[role=status] code").inner_text()
        check(page, viewport)
        for _ in range(8):
            answer = page.request.get("/api/v1/people", headers={"authorization": f"Bearer {key}"})
            assert answer.ok
        page.goto("/account")
        assert page.locator("[data-used]").inner_text() == "8"
        assert page.get_by_text("80 % of this month's requests have been used.").is_visible()
        check(page, viewport)
        page.goto("/pricing")
        assert page.locator("[data-own] h2").inner_text().startswith("Free")
        page.get_by_text("What changing to Pro would do now").click()
        assert page.get_by_text("8 requests used this month, 99,992 of 100,000 left").is_visible()
        check(page, viewport)
