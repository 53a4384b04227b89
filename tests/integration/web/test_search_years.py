"""The years of a search: counted, chosen, removed; on the page, in the API, on the command line."""

from datetime import date

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models.database import in_transaction
from tasks.search import searcher
from tests.factories import new_episode, rows, spoken, store
from tests.integration.commands import Run, run
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page
from tests.integration.web.searched import Indexed, indexed

__all__ = ["browser", "indexed", "run"]

# Around each end of a year, a leap day, and years without any match in between.
DAYS = {
    date(2009, 12, 31): 2,
    date(2016, 1, 1): 1,
    date(2020, 2, 29): 1,
    date(2020, 12, 31): 3,
    date(2021, 1, 1): 1,
}
YEARS = {2021: 1, 2020: 4, 2016: 1, 2009: 2}


@pytest.fixture(autouse=True)
def _talks(database: str, indexed: Indexed) -> None:
    del database
    for day, times in DAYS.items():
        turns = [f"Ann Smith: The ferry {number}." for number in range(times)]
        in_transaction(store, new_episode(stats_date=day), spoken(*turns))
    indexed()


def shown(client: httpx.Client, query: str) -> Page:
    answer = client.get(f"/search?{query}")
    assert answer.status_code == 200
    return Page("", answer)


def years(page: Page) -> dict[int, int]:
    """The counts of the facet."""
    names = map(int, page.attributes("//@data-year"))
    return dict(zip(names, map(int, page.texts("//*[@data-year]/*[2]")), strict=True))


def chips(page: Page) -> list[str]:
    return page.texts("//p[contains(@class, 'filters-in-force')]/a")


def test_years_are_counted_as_the_rows_have_them(client: httpx.Client) -> None:
    page = shown(client, "q=ferry")
    assert list(years(page).items()) == list(YEARS.items())
    counted = rows(
        "SELECT extract(year FROM e.stats_date)::int AS year, count(*) AS matches "
        "FROM appearance a JOIN episode e ON e.id = a.episode_id GROUP BY 1"
    )
    assert years(page) == {row["year"]: row["matches"] for row in counted}


@pytest.mark.parametrize("year", YEARS)
def test_year_is_chosen_by_its_count_and_removed(client: httpx.Client, year: int) -> None:
    page = shown(client, "q=ferry&since=2000-01-01&order=date")
    (link,) = page.attributes(f"//*[@data-year='{year}']/a/@href")
    chosen = Page("", client.get(link))
    assert chosen.texts("//h2[@id='found']")[0].split()[0] == str(YEARS[year])
    assert years(chosen) == {year: YEARS[year]}
    assert chips(chosen) == [f"in {year} ✕"]
    removals = chosen.attributes(
        "//*[@data-year]/a/@href | //p[contains(@class, 'filters-in-force')]/a/@href"
    )
    assert set(removals) == {"/search?q=ferry&order=date"}
    assert years(Page("", client.get(removals[0]))) == YEARS


def test_days_of_one_year_are_that_year(client: httpx.Client) -> None:
    page = shown(client, "q=ferry&since=2020-01-01&until=2020-12-31")
    assert (years(page), chips(page)) == ({2020: 4}, ["in 2020 ✕"])
    assert page.attributes("//*[@data-year]/a/@aria-current") == ["true"]


def test_other_days_are_written_as_on_a_persons_page(client: httpx.Client) -> None:
    for query in ("since=2016-01-01", "until=2020-03-01", "since=2016-01-01&until=2020-03-01"):
        page = shown(client, f"q=ferry&{query}")
        person = Page("", client.get(f"/people/ann-smith?{query}"))
        assert chips(page) == person.texts("//p[@class='tags']/a"), query
        (removal,) = page.attributes("//p[contains(@class, 'filters-in-force')]/a/@href")
        assert removal == "/search?q=ferry"
    assert years(page) == {2020: 1, 2016: 1}


@pytest.mark.parametrize("year", ["nonsense", "0", "-5", "10000", "9" * 30, "²"])
def test_what_is_no_year_is_no_filter(client: httpx.Client, year: str) -> None:
    page = shown(client, f"q=ferry&year={year}")
    assert (years(page), chips(page)) == (YEARS, [])


def test_search_without_matches_in_a_year_offers_any_time(client: httpx.Client) -> None:
    page = shown(client, "q=ferry&year=2012")
    assert page.texts("//ul[@class='try']/li") == [
        "the same words everywhere: 8 appearances",
        "the same words at any time: 8 appearances",
    ]
    for link in page.attributes("//ul[@class='try']//a/@href"):
        assert years(Page("", client.get(link))) == YEARS


def test_extreme_days_are_counted(client: httpx.Client, indexed: Indexed) -> None:
    for day in (date.min, date.max):
        in_transaction(store, new_episode(stats_date=day), spoken("Ann Smith: A lighthouse."))
    indexed()
    assert years(shown(client, "q=lighthouse")) == {9999: 1, 1: 1}
    assert years(shown(client, "q=lighthouse&year=9999")) == {9999: 1}
    assert years(shown(client, "q=lighthouse&year=1")) == {1: 1}


def test_years_of_the_newest_matches_only_are_marked(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searcher, "COUNTED_EXACTLY", 7)
    monkeypatch.setattr(searcher, "MAX_COUNTED", 3)
    page = shown(client, "q=ferry")
    assert years(page) == {2021: 1, 2020: 2}
    assert "These counts cover only the newest 3 matches." in page.answer.text


def test_api_counts_and_limits_years(client: httpx.Client) -> None:
    found = client.get("/api/v1/search?q=ferry").json()
    assert found["by_year"] == [{"year": year, "matches": number} for year, number in YEARS.items()]
    found = client.get("/api/v1/search?q=ferry&year=2020&since=2021-01-01").json()
    assert (found["total"], found["by_year"]) == (4, [{"year": 2020, "matches": 4}])
    assert client.get("/api/v1/search?q=ferry&counts=false").json()["by_year"] == []
    assert client.get("/api/v1/search?q=ferry&year=10000").status_code == 422


def test_command_counts_and_limits_years(run: Run) -> None:
    assert "by year: 2021: 1, 2020: 4, 2016: 1, 2009: 2" in run("search", "ferry").printed
    found = run("search", "ferry", "--year", "2020")
    assert "4 of 4 appearances" in found.printed
    assert "by year" not in found.printed
    assert len(run("search", "ferry", "--year", "2020", "--json").json) == 4
    assert run("search", "ferry", "--year", "0").code == 2


def test_year_is_chosen_on_a_phone(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url, PHONE) as page:
        page.goto("/search?q=ferry")
        page.locator("[data-year='2020'] a").click()
        expect(page.get_by_role("heading", name="4 appearances")).to_be_visible()
        expect(page.get_by_label("From")).to_have_value("2020-01-01")
        page.get_by_role("link", name="Remove: in 2020").press("Enter")
        expect(page.get_by_role("heading", name="8 appearances")).to_be_visible()
