"""German pages in a real browser: they fit, are accessible, and the menu works without scripts."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.integration.web.world import ShownWorld

__all__ = ["browser"]

pytestmark = pytest.mark.slow

PAGES = {
    "/": "Wer was in welchem Podcast gesagt hat",
    "/people": "Personen & Themen",
    "/people/marisol-quennerby": "Podcast-Auftritte",
    "/people/marisol-quennerby?unit=hours": "Redezeit",
    "/podcasts/1": "Auftritte aller Sprecher",
    "/episodes/1": "Transkript",
    "/charts?days=all": "Gesamte Zeit",
    "/charts?of=trending": "Im Trend",
    "/search": "Suchsprache",
    "/search?q=hello": "Nach Podcast",
    "/add": "Podcast hinzufügen",
    "/people/marisol-quennerby/episodes/1": "Ganzes Transkript",
    "/topics": "Meiste Folgen",
    "/no-such-page": "Nicht gefunden",
}
SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
@pytest.mark.parametrize("address", PAGES)
def test_a_german_page_fits_and_is_accessible(
    browser: Browser, world: ShownWorld, address: str, viewport: ViewportSize
) -> None:
    with reader(browser, world.url, viewport) as page:
        page.set_extra_http_headers({"accept-language": "de"})
        page.goto(address)
        assert page.evaluate("document.documentElement.lang") == "de"
        expect(page.locator("main")).to_contain_text(PAGES[address])
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = Axe().run(page).response["violations"]
        assert [
            (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS
        ] == []


def test_the_menu_works_without_scripts(browser: Browser, world: ShownWorld) -> None:
    context = browser.new_context(base_url=world.url, java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto("/people?sort=name")
    page.get_by_role("button", name="Deutsch").click()
    expect(page).to_have_url(f"{world.url}/people?sort=name")
    expect(page.get_by_role("heading", level=1)).to_have_text("Personen & Themen")
    expect(page.get_by_role("button", name="Deutsch")).to_have_attribute("aria-current", "true")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People & Topics")
    context.close()


def test_scripts_speak_the_language_of_the_page(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url) as page:
        page.set_extra_http_headers({"accept-language": "de"})
        page.goto("/")
        page.locator("#top-search").fill("marisol")
        expect(page.locator("#top-suggestions")).to_contain_text("Auftritte")


def test_transcripts_have_their_own_language(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url) as page:
        page.set_extra_http_headers({"accept-language": "de"})
        page.goto("/episodes/1")
        assert page.locator(".transcript").get_attribute("lang") == "en"
