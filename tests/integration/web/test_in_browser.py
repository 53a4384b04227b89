"""Every page in a real browser, as a reader meets it: no error, nothing foreign, no barrier."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload

from models import get_settings
from models.database import database_time, in_transaction
from tasks.http.settings import fetch_loop
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds
from tests.factories import rows
from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.integration.web.world import ShownWorld
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["browser"]

pytestmark = pytest.mark.slow

WIDTHS = {"desktop, light": (DESKTOP, "light"), "phone, dark": (PHONE, "dark")}
PAGES = (
    "/",
    "/people",
    "/people?sort=trending",
    "/people/marisol-quennerby",
    "/people/mallory-quillfeather",
    "/podcasts",
    "/podcasts/1",
    "/podcasts/3",
    "/episodes/1",
    "/episodes/9",
    "/episodes/10",
    "/topics",
    "/topics/history",
    "/charts?days=all",
    "/charts?days=7",
    "/search",
    "/search?q=hello",
    "/api",
    "/charts?of=topics",
    "/charts?of=trending",
    "/add",
    "/blog",
    "/quotes/1",
    "/people/marisol-quennerby/episodes/1",
    "/blog",
    "/no-such-page",
)
SERIOUS = {"serious", "critical"}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("address", PAGES)
def test_a_page_loads_cleanly_fits_and_is_accessible(
    browser: Browser, world: ShownWorld, address: str, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    with reader(browser, world.url, viewport, scheme) as page:
        page.goto(address)
        assert page.locator("h1").count() == 1
        assert page.evaluate("window.hostile") is None
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = Axe().run(page).response["violations"]
        assert [
            (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS
        ] == []


def test_fonts_are_loaded(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url) as page:
        page.goto("/")
        page.evaluate("document.fonts.ready")
        loaded = page.evaluate("[...document.fonts].filter(f => f.status === 'loaded').length")
        assert loaded >= 2


def test_keyboard_skips_to_content_and_focus_is_visible(
    browser: Browser, world: ShownWorld
) -> None:
    with reader(browser, world.url) as page:
        page.goto("/people/marisol-quennerby")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        reached = set()
        for _ in range(14):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
            style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert style != "none"
        assert any("summary" in one for one in reached)  # the table of the chart
        assert any('id="podcast"' in one for one in reached)  # the filters


def test_the_table_of_a_chart_opens_by_keyboard(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url) as page:
        page.goto("/people/marisol-quennerby")
        assert not page.locator(".timeline-table").is_visible()
        page.locator("summary").focus()
        page.keyboard.press("Enter")
        assert page.locator(".timeline-table").is_visible()


def test_filtering_by_year_and_words_keeps_what_was_chosen(
    browser: Browser, world: ShownWorld
) -> None:
    with reader(browser, world.url) as page:
        page.goto("/people/marisol-quennerby")
        page.get_by_label("Year").select_option("2024")
        page.get_by_label("Words").fill("clock")
        page.get_by_role("button", name="Filter").click()
        page.wait_for_url("**year=2024**")
        assert page.get_by_label("Words").input_value() == "clock"
        assert page.locator("[data-appearance]").count() == 2


def test_a_quote_leads_to_its_place_in_the_transcript(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url) as page:
        page.goto("/people/marisol-quennerby")
        quote = page.locator("[data-appearance]").nth(2)
        quoted = quote.locator("blockquote bdi").inner_text()
        quote.get_by_label("In the transcript").click()
        page.wait_for_url("**/episodes/**")
        assert page.locator(".segment:target bdi").inner_text() == quoted


@pytest.mark.parametrize("width", WIDTHS)
def test_heading_with_a_name_reads_as_one(browser: Browser, world: ShownWorld, width: str) -> None:
    with reader(browser, world.url, *WIDTHS[width]) as page:
        page.goto("/people/marisol-quennerby/episodes/1")
        # Parts of a heading that are laid out apart are lines of their own here.
        assert page.locator("h2#spoken").inner_text() == "What Marisol Quennerby says"


@pytest.mark.parametrize("width", WIDTHS)
def test_copying_a_quote_moves_neither_fields_nor_focus(
    browser: Browser, world: ShownWorld, width: str
) -> None:
    with reader(browser, world.url, *WIDTHS[width]) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/people/marisol-quennerby")
        page.get_by_role("link", name="Share").first.click()
        page.wait_for_url("**/quotes/*")
        field, button = page.locator(".copied input").first, page.locator("[data-copy]").first
        before = field.bounding_box()
        assert before
        assert before["height"] >= 44
        button.click()
        page.get_by_role("button", name="Copied link").wait_for()
        assert field.bounding_box() == before
        assert page.evaluate("document.activeElement.dataset.copy") == "copy-1"
        assert page.evaluate("navigator.clipboard.readText()") == field.input_value()


def test_phone_shows_every_item_of_the_menu(browser: Browser, world: ShownWorld) -> None:
    with reader(browser, world.url, PHONE) as page:
        page.goto("/")
        for item in page.locator("nav[aria-label=Main] a").all():
            box = item.bounding_box()
            assert box
            assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize("of", ["people", "podcasts", "topics"])
def test_phone_gives_names_in_charts_their_room(
    browser: Browser, world: ShownWorld, of: str
) -> None:
    with reader(browser, world.url, PHONE) as page:
        page.goto(f"/charts?of={of}&days=all")
        boxes = [one.bounding_box() for one in page.locator(".chart-list .grow").all()]
        assert boxes
        assert all(box and box["width"] > PHONE["width"] * 0.4 for box in boxes)


VTT = b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann Smith>Hello.\n"
FEED = """<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>A show that is added</title><item><guid>1</guid><title>One</title>
<podcast:transcript url="{url}" type="text/vtt"/></item></channel></rss>"""


def in_thread(work: Callable[[], object]) -> None:
    """Run what workers do beside the browser, whose loop has this thread."""

    def all_of_it() -> None:
        work()
        fetch_loop().close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(all_of_it).result()


def poll_everything() -> None:
    ids = [row["id"] for row in rows("SELECT id FROM podcast WHERE state = 'pending'")]
    poll_claimed_feeds(
        in_transaction(lambda session: claim_feeds(session, ids, database_time(session)))
    )


def read_everything() -> None:
    for row in rows("SELECT id FROM job WHERE state = 'waiting'"):
        run_job(row["id"], Message("m", "w"), ingest_episode)


@pytest.fixture
def public_add(publisher: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD", "true")
    get_settings.cache_clear()
    return publisher


def test_added_podcast_shows_progress_until_counted(
    browser: Browser, public_add: FaultServer, web_url: str
) -> None:
    transcript = public_add.serve("/1.vtt", Answer(body=VTT))
    feed = public_add.serve("/feed", Answer(body=FEED.format(url=transcript).encode()))
    with reader(browser, web_url) as page:
        page.goto("/add")
        page.get_by_label("Link, feed URL or name").fill(feed)
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/add/progress?ids=*")
        assert page.get_by_text("Waiting for the first poll").is_visible()
        in_thread(poll_everything)
        page.get_by_text("0 of 1 transcript read").wait_for()
        in_thread(read_everything)
        page.get_by_text("1 of 1 transcript read · 1 appearance").wait_for()
        page.locator("#progress[data-done=yes]").wait_for()
        page.get_by_role("link", name="A show that is added").click()
        page.get_by_role("link", name="Ann Smith").first.wait_for()


def test_list_with_bad_entries_shows_each_and_adds_the_rest(
    browser: Browser, public_add: FaultServer, web_url: str
) -> None:
    page_url = public_add.serve("/page", Answer(body=b"<!doctype html><html></html>"))
    listed = f"{page_url}\nnonsense\nftp://example.com/feed\n"
    with reader(browser, web_url) as page:
        page.goto("/add")
        file = FilePayload(name="list.txt", mimeType="text/plain", buffer=listed.encode())
        page.get_by_label("Or upload a list").set_input_files([file])
        page.get_by_role("button", name="Add").click()
        page.locator("[role=alert] .notice").nth(1).wait_for()
        assert page.locator("[role=alert] code").all_inner_texts() == ["bad_entry", "bad_entry"]
        in_thread(poll_everything)
        page.locator("article .notice-bad code").wait_for()
        assert page.locator("article .notice-bad").inner_text() == (
            "This is a web page, not a feed. The page may link to its RSS feed. "
            "Look for the address of the RSS feed on that page. html"
        )


def test_without_javascript_everything_is_there(browser: Browser, world: ShownWorld) -> None:
    context = browser.new_context(base_url=world.url, java_script_enabled=False)
    page = context.new_page()
    for address in ("/people/marisol-quennerby", "/episodes/1", "/charts?days=all"):
        page.goto(address)
        assert page.locator("h1").inner_text()
    page.goto("/people/marisol-quennerby")
    page.locator("[data-appearance] a[href^='/appearances/']").first.click()
    assert "#s-" in page.url
    context.close()
