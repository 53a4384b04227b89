"""Lists in pages: which rows are shown of how many, more of them below, and the way back."""

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, spoken, store
from tests.integration.web.browser import browser, reader
from tests.integration.web.reading import Page as ReadPage
from tests.integration.web.searched import Indexed, indexed
from tests.integration.web.test_in_browser import WIDTHS

__all__ = ["browser", "indexed"]

pytestmark = pytest.mark.slow

FIRST = ("Ann", "Bob", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hugo", "Ida", "Jonas")
LAST = (
    *("Adler", "Berg", "Carver", "Dahl", "Eklund", "Frost", "Graves", "Holm", "Ibsen"),
    *("Jansen", "Kraus", "Lind", "Moreau"),
)
PEOPLE = [f"{first} {last}" for last in LAST for first in FIRST]  # 130
PODCASTS, EPISODES, TOPICS = 60, 60, 100
PERSON_EPISODES, MORE_EPISODES = 7, 21
# Of each list: its first page, rows on a page, and all rows.
LISTS = {
    "/people": (50, "131 people"),
    "/people?sort=name": (50, "131 people"),
    "/people?q=ann": (13, "13 people"),
    "/people?letter=a": (13, "13 people"),
    "/podcasts": (48, "60 podcasts"),
    "/topics": (90, "100 topics"),
    "/podcasts/{podcast}": (25, "60 episodes"),
    "/topics/topic-1": (25, "60 episodes"),
    "/people/otto-host": (PERSON_EPISODES, "60 episodes"),
    "/people/otto-host?since=2025-01-01&until=2025-01-20": (PERSON_EPISODES, "20 episodes"),
    "/people/otto-host?q=lantern": (40, "60 appearances"),
    "/search?q=lantern": (20, "60 appearances"),
}


@pytest.fixture
def long_lists(indexed: Indexed) -> dict[str, int]:
    """A store with more of everything than fits on a page."""
    podcasts = [in_transaction(add_podcast) for _ in range(PODCASTS)]
    for number in range(EPISODES):
        day = date(2025, 1, 1) + timedelta(number)
        episode = in_transaction(add_episode, podcasts[0], title=f"No. {number}", stats_date=day)
        guests = PEOPLE if number == 0 else PEOPLE[:1]
        turns = (f"{name}: Hello." for name in guests)
        in_transaction(store, episode, spoken("Otto Host: My lantern is lit.", *turns))
    execute(
        "INSERT INTO topic (name, slug) SELECT 'Topic ' || n, 'topic-' || n "
        "FROM generate_series(1, :topics) n",
        topics=TOPICS,
    )
    execute(
        "INSERT INTO episode_topic (episode_id, topic_id) SELECT e.id, t.id "
        "FROM episode e, topic t WHERE t.slug = 'topic-1' OR e.title = 'No. 0'"
    )
    indexed()
    return {"podcast": podcasts[0]}


def place_of(page: ReadPage) -> str:
    (place,) = page.texts("//p[contains(@class, 'place')]")
    return place


def rows_of(page: ReadPage) -> int:
    (rows,) = page.attributes("//@data-rows")
    return int(rows)


def pages_of(client: httpx.Client, address: str) -> Iterator[ReadPage]:
    """The pages of a list, by the links that work without JavaScript."""
    waiting = [address]
    while waiting:
        page = ReadPage(waiting[0], client.get(waiting.pop()))
        assert page.answer.status_code == 200
        yield page
        waiting += page.attributes("//a[@rel='next']/@href")


def test_every_list_says_which_of_how_many_rows_it_shows(
    client: httpx.Client, long_lists: dict[str, int]
) -> None:
    for listed, (rows, total) in LISTS.items():
        address = listed.format(**long_lists)
        shown = 0
        for page in pages_of(client, address):
            here = rows_of(page)
            begin = f"{shown + 1} to " if shown else ""
            shown += here
            assert place_of(page) == f"{begin}{shown} of {total}", address
            assert here <= (MORE_EPISODES if rows == PERSON_EPISODES else rows), address
        assert total.startswith(f"{shown} ")
        first = ReadPage(address, client.get(address))
        assert rows_of(first) == rows, address


def test_address_of_a_grown_list_shows_as_many_rows(
    client: httpx.Client, long_lists: dict[str, int]
) -> None:
    grown = ReadPage("", client.get("/people?show=100"))
    assert place_of(grown) == "100 of 131 people"
    assert len(grown.texts("//tbody/tr")) == 100
    (more,) = grown.attributes("//a[@rel='next']/@href")
    assert "show" not in more
    assert place_of(ReadPage("", client.get(more))) == "101 to 131 of 131 people"
    bounded = ReadPage("", client.get(f"/podcasts/{long_lists['podcast']}?show=999999"))
    assert rows_of(bounded) == EPISODES
    assert rows_of(ReadPage("", client.get("/people/otto-host?show=999999"))) == EPISODES
    assert client.get("/people?show=0").status_code == 400
    assert client.get("/people?from=x").status_code == 400


def test_links_to_other_lists_forget_how_much_is_shown(
    client: httpx.Client, long_lists: dict[str, int]
) -> None:
    del long_lists
    page = ReadPage("", client.get("/people/otto-host?show=14&from=1"))
    links = page.attributes("//main//a/@href")
    assert [link for link in links if "show=" in link or "from=1&" in link] == []


def shown_rows(page: Page) -> int:
    return page.locator("tbody[data-list] > tr").count()


@pytest.mark.parametrize("width", WIDTHS)
def test_more_loads_below_and_back_returns_to_the_same_rows(
    browser: Browser, web_url: str, long_lists: dict[str, int], width: str
) -> None:
    del long_lists
    viewport, scheme = WIDTHS[width]
    with reader(browser, web_url, viewport, scheme) as page:
        page.goto("/people?sort=name")
        page.get_by_role("link", name="More", exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.locator(".place")).to_have_text("100 of 131 people")
        assert shown_rows(page) == 100
        assert page.url.endswith("/people?sort=name&show=100")
        focused = page.evaluate("document.activeElement.closest('tr').rowIndex")
        assert focused == 51  # the first of the new rows
        page.get_by_role("link", name="More", exact=True).click()
        expect(page.locator(".place")).to_have_text("131 of 131 people")
        assert page.get_by_role("link", name="More", exact=True).count() == 0
        names = page.locator("tbody th a").all_inner_texts()
        assert len(set(names)) == len(PEOPLE) + 1
        last = page.locator("tbody th a").nth(119)
        last.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        last.click()
        page.wait_for_url("**/people/*-*")
        page.go_back()
        expect(page.locator(".place")).to_have_text("131 of 131 people")
        assert shown_rows(page) == 131
        expect(last).to_be_in_viewport()
        assert abs(page.evaluate("scrollY") - before) < 200
        page.reload()
        assert shown_rows(page) == 131


def test_more_of_a_person_loads_episodes_below(
    browser: Browser, web_url: str, long_lists: dict[str, int]
) -> None:
    del long_lists
    with reader(browser, web_url) as page:
        page.goto("/people/otto-host")
        page.get_by_role("link", name="More", exact=True).click()
        expect(page.locator(".place")).to_have_text("28 of 60 episodes")
        assert page.locator("article.episode-group").count() == 28
        assert "show=28" in page.url
        page.get_by_role("link", name="More", exact=True).click()
        expect(page.locator(".place")).to_have_text("49 of 60 episodes")
        episodes = page.locator("article.episode-group h3").all_inner_texts()
        assert episodes == [f"No. {number}" for number in range(59, 10, -1)]


def test_more_without_javascript_is_the_next_page(
    browser: Browser, web_url: str, long_lists: dict[str, int]
) -> None:
    del long_lists
    context = browser.new_context(base_url=web_url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/people")
    page.get_by_role("link", name="More", exact=True).click()
    expect(page.locator(".place")).to_have_text("51 to 100 of 131 people")
    page.get_by_role("link", name="Back to the first page").click()
    expect(page.locator(".place")).to_have_text("50 of 131 people")
    context.close()
