"""Two people side by side: every figure equals the rows, and the second is found by name."""

from datetime import date

import httpx
import pytest
from playwright.sync_api import Browser

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, new_episode, spoken, store
from tests.integration.web.browser import BROKEN_WORDS, PHONE, browser, reader
from tests.integration.web.reading import Page

__all__ = ["browser"]

TOGETHER = "/people/ann-smith/with/bob-jones"


def add_spoken(podcast: int, day: date, *turns: str) -> int:
    episode = in_transaction(add_episode, podcast, stats_date=day)
    in_transaction(store, episode, spoken(*turns))
    return episode


@pytest.fixture
def episodes(database: str) -> list[int]:
    del database
    first, second = in_transaction(add_podcast), in_transaction(add_podcast)
    return [
        add_spoken(first, date(2024, 1, 1), "Ann Smith: one", "Bob Jones: two", "Ann Smith: three"),
        add_spoken(first, date(2024, 2, 1), "Ann Smith: alone"),
        add_spoken(second, date(2024, 3, 1), "Bob Jones: one", "Ann Smith: two"),
        add_spoken(second, date(2024, 4, 1), "Bob Jones: alone"),
    ]


def cells(client: httpx.Client, table: str) -> list[list[str]]:
    """The texts of the rows of a table, without its head."""
    rows = Page("", client.get(TOGETHER)).root.xpath(f"//table[@id='{table}']/tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


@pytest.mark.usefixtures("episodes")
def test_figures_and_podcasts_of_both_are_beside_each_other(client: httpx.Client) -> None:
    figures = {name: values for name, *values in cells(client, "two-figures")}
    assert figures["Appearances"] == ["4", "3"]
    assert figures["Episodes"] == ["3", "3"]
    assert figures["Podcasts"] == ["2", "2"]
    assert [row[1:] for row in cells(client, "two-podcasts")] == [
        ["3 in 2 episodes", "1 in 1 episode"],
        ["1 in 1 episode", "2 in 2 episodes"],
    ]


def test_episodes_of_both_are_listed_newest_first(
    client: httpx.Client, episodes: list[int]
) -> None:
    assert "They speak together in 2 episodes." in client.get(TOGETHER).text
    listed = [row[-2:] for row in cells(client, "two-episodes")]
    assert listed == [["1 appearance", "1 appearance"], ["2 appearances", "1 appearance"]]
    links = Page("", client.get(TOGETHER)).links
    assert [f"/episodes/{one}" for one in (episodes[2], episodes[0])] == [
        link for link in links if link.startswith("/episodes/")
    ]


@pytest.mark.usefixtures("episodes")
def test_removed_podcast_has_no_episode_of_both(client: httpx.Client) -> None:
    execute("UPDATE podcast SET state = 'removed' WHERE id = (SELECT max(id) FROM podcast)")
    assert "They speak together in 1 episode." in client.get(TOGETHER).text


def test_people_who_never_meet_have_no_list(client: httpx.Client) -> None:
    for name in ("Ann Smith", "Bob Jones"):
        in_transaction(store, new_episode(), spoken(f"{name}: one"))
    answer = client.get(TOGETHER)
    assert "They do not speak in the same episode." in answer.text
    assert 'id="two-episodes"' not in answer.text


@pytest.mark.usefixtures("episodes")
def test_second_person_is_found_by_name(client: httpx.Client) -> None:
    form = "/people/ann-smith/with"
    assert client.get(form, params={"name": "bob jones"}).headers["location"] == TOGETHER
    assert "Did you mean" in client.get(form, params={"name": "Bob Jonse"}).text
    assert TOGETHER in client.get(form, params={"name": "Bob Jonse"}).text
    assert "No person is called" in client.get(form, params={"name": "Nobody Here"}).text
    assert "This is the same person." in client.get(form, params={"name": "Ann Smith"}).text
    assert client.get(form).status_code == 200


@pytest.mark.usefixtures("episodes")
def test_person_page_leads_to_the_episodes_with_another(client: httpx.Client) -> None:
    page = Page("", client.get("/people/ann-smith"))
    assert TOGETHER in page.links
    assert "/people/ann-smith/with" in client.get("/people/ann-smith").text


@pytest.mark.usefixtures("episodes")
@pytest.mark.parametrize("second", ["nobody", "ann-smith"])
def test_comparison_with_nobody_is_not_there(client: httpx.Client, second: str) -> None:
    assert client.get(f"/people/ann-smith/with/{second}").status_code == 404


@pytest.mark.slow
@pytest.mark.usefixtures("episodes")
def test_tables_of_people_break_no_words_on_a_phone(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url, PHONE) as page:
        page.goto("/people/ann-smith")
        evidence = page.locator("[data-head=Evidence]").first
        assert evidence.evaluate("it => it.offsetWidth") > 300
        assert page.evaluate(BROKEN_WORDS) == []
        page.goto(TOGETHER)
        assert page.locator("main tbody tr").count() == 10
        assert page.evaluate(BROKEN_WORDS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        height = page.get_by_label("Compare with").evaluate("it => it.offsetHeight")
        assert height >= 40, "too low for a finger"
