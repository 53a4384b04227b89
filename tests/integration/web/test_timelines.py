"""The timelines of people, podcasts and topics: their units, their tables, and the keyboard."""

from datetime import date

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, spoken, store
from tests.integration.web.browser import DESKTOP, browser, reader
from tests.integration.web.reading import Page
from tests.integration.web.test_in_browser import SERIOUS, WIDTHS

__all__ = ["browser"]

pytestmark = pytest.mark.slow

# Of each month: segments of Ann, and seconds of each; one episode has no times.
MONTHS = {1: (3, 600), 2: (2, 0), 3: (5, 60)}


@pytest.fixture
def months(web_url: str) -> int:
    """The podcast on which Ann and Bob speak in three months."""
    del web_url
    podcast = in_transaction(add_podcast)
    for month, (segments, seconds) in MONTHS.items():
        day = date(2026, month, 5)
        episode = in_transaction(add_episode, podcast, title=f"No. {month}", stats_date=day)
        turns = [f"Ann Smith: Hello {number}." for number in range(segments)]
        in_transaction(store, episode, spoken(*turns, "Bob Jones: Hi.", seconds=seconds))
    execute("INSERT INTO topic (name, slug) VALUES ('Tides', 'tides')")
    execute(
        "INSERT INTO episode_topic (episode_id, topic_id) SELECT e.id, t.id FROM episode e, topic t"
    )
    return podcast


@pytest.mark.parametrize(
    ("query", "span", "shown"),
    [
        (
            "since=2026-01-01&until=2026-02-28",
            "1 Jan 2026 to 28 Feb 2026",
            "5 appearances in 2 episodes in this span.",
        ),
        ("since=2026-03-01", "since 1 Mar 2026", "5 appearances in 1 episode in this span."),
        ("until=2026-02-05", "until 5 Feb 2026", "5 appearances in 2 episodes in this span."),
        ("since=2027-01-01", "since 1 Jan 2027", "0 appearances in 0 episodes in this span."),
        ("year=2026", "2026", "10 appearances in 3 episodes with these filters."),
    ],
)
def test_a_chosen_span_is_shown_with_its_exact_numbers(
    client: httpx.Client, months: int, query: str, span: str, shown: str
) -> None:
    del months
    page = Page("", client.get(f"/people/ann-smith?{query}"))
    assert page.texts("//*[@id='totals']") == [shown]
    options = "//select[@id='year']/option"
    assert (page.texts(f"{options}[@selected]") or page.texts(options))[0] == span


def test_without_a_span_any_year_is_shown(client: httpx.Client, months: int) -> None:
    del months
    page = Page("", client.get("/people/ann-smith"))
    assert page.texts("//*[@id='totals']") == []
    assert page.texts("//select[@id='year']/option")[0] == "Any year"


def totals(page: Page) -> list[str]:
    cells = page.texts("//table[contains(@class, 'timeline-table')]//td[@class='total']")
    return [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells]


def test_timelines_of_all_subjects_have_three_units(client: httpx.Client, months: int) -> None:
    ann = {"appearances": ["3", "2", "5"], "episodes": ["1"] * 3, "hours": ["30 min", "5 min"]}
    everybody = {
        "appearances": ["4", "3", "6"],
        "episodes": ["1"] * 3,
        "hours": ["40 min", "6 min"],
    }
    shown = {"/people/ann-smith": ann, f"/podcasts/{months}": everybody, "/topics/tides": everybody}
    for address, expected in shown.items():
        for unit, cells in expected.items():
            page = Page("", client.get(f"{address}?unit={unit}"))
            assert totals(page) == cells, (address, unit)
            (current,) = page.texts("//nav[@aria-label='Unit']/a[@aria-current]")
            assert current == unit.capitalize()
        assert totals(Page("", client.get(address))) == expected["appearances"]
        assert client.get(f"{address}?unit=parsecs").status_code == 400


def test_hours_say_of_how_many_episodes_they_are(client: httpx.Client, months: int) -> None:
    for address in ("/people/ann-smith", f"/podcasts/{months}"):
        assert "have times in 2 of 3 episodes" in client.get(f"{address}?unit=hours").text
        assert "have times in" not in client.get(address).text


def test_unit_stays_while_the_list_is_filtered(client: httpx.Client, months: int) -> None:
    del months
    page = Page("", client.get("/people/ann-smith?unit=episodes"))
    assert page.attributes("//form[@class='filters']/input[@name='unit']/@value") == ["episodes"]
    bars = page.attributes("//a[@data-since]/@href")
    assert all("unit=episodes" in href for href in bars)
    assert "unit" not in page.attributes("//nav[@aria-label='Unit']/a[1]/@href")[0]


@pytest.mark.parametrize("width", WIDTHS)
def test_units_switch_and_fit_the_screen(
    browser: Browser, web_url: str, months: int, width: str
) -> None:
    del months
    viewport, scheme = WIDTHS[width]
    with reader(browser, web_url, viewport, scheme) as page:
        page.goto("/people/ann-smith")
        for unit in ("Episodes", "Hours", "Appearances"):
            page.get_by_role("navigation", name="Unit").get_by_role("link", name=unit).click()
            current = page.locator("nav[aria-label=Unit] a[aria-current]")
            expect(current).to_have_text(unit)
            assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
            found = Axe().run(page).response["violations"]
            assert [one["id"] for one in found if one["impact"] in SERIOUS] == []


def test_span_of_bars_is_chosen_by_keyboard(browser: Browser, web_url: str, months: int) -> None:
    del months
    with reader(browser, web_url, DESKTOP) as page:
        page.goto("/people/ann-smith")
        bars = page.locator("svg.wide a[data-since]")
        assert bars.count() == 3
        reachable = [bar.get_attribute("tabindex") for bar in bars.all()]
        assert reachable == ["0", "-1", "-1"]
        bars.first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowRight")
        assert page.locator("svg.wide a.chosen").count() == 2
        page.keyboard.press("Enter")
        page.wait_for_url("**since=**until=**")
        titles = page.locator("article.episode-group h3").all_inner_texts()
        assert titles == ["No. 3", "No. 2"]


def test_one_bar_is_chosen_by_enter(browser: Browser, web_url: str, months: int) -> None:
    del months
    with reader(browser, web_url, DESKTOP) as page:
        page.goto("/people/ann-smith")
        page.locator("svg.wide a[data-since]").first.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url("**since=**until=**")
        assert page.locator("article.episode-group h3").all_inner_texts() == ["No. 2"]
