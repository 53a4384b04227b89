"""Charts of a year, of people who are heard and of those who are mentioned."""

from datetime import date, timedelta

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models.chart_scope import ChartScope
from models.database import database_time, in_transaction
from models.queries.charts import chart, chart_with_trends, chart_years
from models.queries.person import mentioned_in
from tasks.speakers.names.names import comparable
from tests.factories import execute, one, rows
from tests.integration.tasks.blog.test_issues import heard
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page

__all__ = ["browser"]


def mention(episode: int, *names: str, source: str = "title") -> None:
    for name in names:
        execute(
            "INSERT INTO mention (episode_id, source, key, name, times, by_cue, recognised) "
            "VALUES (:episode, :source, :key, :name, 1, false, false)",
            episode=episode,
            source=source,
            key=comparable(name),
            name=name,
        )


@pytest.fixture
def today(database: str) -> date:
    """Speech on the first and the last days of years; who speaks less is mentioned more."""
    del database
    heard(date(2018, 12, 31), "Bob Jones: Oldest.")
    first = heard(date(2019, 12, 31), "Bob Jones: Old.", "Bob Jones: Older.")
    heard(date(2020, 1, 1), "Ann Smith: New.", "Ann Smith: Newer.", "Bob Jones: Yes.")
    last = heard(date(2020, 12, 31), "Ann Smith: Late.", "Cy Young: Late.")
    heard(date(2021, 1, 1), "Cy Young: Next.")
    middle = heard(date(2020, 6, 1), "Ann Smith: In between.")
    mention(first, "Cy Young")
    mention(middle, "Cy Young", "Bob Jones")
    mention(middle, "Cy Young", source="description")  # the same episode, which counts once
    mention(last, "Cy Young")
    today: date = in_transaction(database_time).date()
    heard(today, "Ann Smith: Today.")
    return today


def figures(of: str, today: date, year: int, **scope: str) -> list[tuple[str | None, int, int]]:
    found = in_transaction(chart, of, today, 30, ChartScope(**scope), year=year)
    return [(row.slug, row.now, row.before) for row in found]


def test_chart_of_a_year_has_its_days_alone(today: date) -> None:
    assert figures("people", today, 2020) == [
        ("ann-smith", 4, 0),
        ("bob-jones", 1, 2),
        ("cy-young", 1, 0),
    ]
    assert figures("people", today, 2021) == [("cy-young", 1, 1)]
    assert figures("people", today, 2017) == []
    (podcast,) = in_transaction(chart, "podcasts", today, None, year=2020)
    assert (podcast.now, podcast.before) == (6, 2)


def test_years_of_charts_are_those_with_speech(today: date) -> None:
    assert in_transaction(chart_years, today) == [today.year, 2021, 2020, 2019, 2018]
    execute("UPDATE podcast SET state = 'removed'")
    assert in_transaction(chart_years, today) == []


def test_current_year_ends_today(today: date) -> None:
    heard(today + timedelta(days=1), "Cy Young: Tomorrow.")
    in_year = dict(row[:2] for row in figures("people", today, today.year))
    assert (in_year["ann-smith"], "cy-young" in in_year) == (1, False)


@pytest.mark.parametrize("of", ["people", "mentioned", "podcasts"])
def test_lines_of_a_year_add_up_to_the_numbers(today: date, of: str) -> None:
    for year in in_transaction(chart_years, today):
        found = in_transaction(chart_with_trends, of, today, 30, year=year)
        assert [sum(each.trend) for each in found] == [each.row.now for each in found]


def test_mentioned_people_are_counted_as_on_their_pages(today: date) -> None:
    found = in_transaction(chart, "mentioned", today, None)
    assert {row.slug: row.now for row in found} == {"cy-young": 3, "bob-jones": 1}
    for row in rows("SELECT id, slug FROM person"):
        mentioned = in_transaction(mentioned_in, row["id"]).episodes
        assert mentioned == next((one.now for one in found if one.slug == row["slug"]), 0)
    assert figures("mentioned", today, 2020) == [("cy-young", 2, 1), ("bob-jones", 1, 0)]
    assert figures("mentioned", today, 2021) == []
    assert figures("mentioned", today, 2020, language="fr") == []


def test_name_of_a_podcast_that_is_never_heard_is_in_no_chart(today: date) -> None:
    execute("UPDATE podcast SET title = 'Cy Young'")
    assert figures("mentioned", today, 2020)[0] == ("cy-young", 2, 1)  # heard, so a person
    execute("UPDATE person SET appearances = 0 WHERE slug = 'cy-young'")
    assert figures("mentioned", today, 2020) == [("bob-jones", 1, 0)]


def test_mention_in_what_does_not_count_is_in_no_chart(today: date) -> None:
    execute("UPDATE person SET state = 'suppressed' WHERE slug = 'bob-jones'")
    assert figures("mentioned", today, 2020) == [("cy-young", 2, 1)]
    execute("UPDATE podcast SET state = 'removed'")
    assert figures("mentioned", today, 2020) == []


def shown(client: httpx.Client, query: str) -> Page:
    answer = client.get(f"/charts?{query}")
    assert answer.status_code == 200
    return Page("", answer)


def test_page_has_a_year_that_is_chosen_and_removed(client: httpx.Client, today: date) -> None:
    page = shown(client, "days=30")
    assert page.texts("//select[@id='year']/option") == [
        "Any",
        *map(str, (today.year, 2021, 2020, 2019, 2018)),
    ]
    chosen = shown(client, "days=30&year=2020")
    assert chosen.texts("//ol//a[@class='title']") == ["Ann Smith", "Bob Jones", "Cy Young"]
    assert chosen.texts("//ol//*[@class='count']/b") == ["4", "1", "1"]
    assert "Appearances in 2020. Movement compares with 2019" in chosen.answer.text
    assert chosen.texts("//nav[@aria-label='Period']/a[@aria-current]") == ["2020 ✕"]
    assert chosen.texts("//select[@id='year']/option[@selected]") == ["2020"]
    for link in chosen.attributes("//nav[@aria-label='Period']/a/@href"):
        assert "year=" not in link
        assert shown(client, link.partition("?")[2]).texts(
            "//nav[@aria-label='Period']/a[@aria-current]"
        ) != ["2020 ✕"]
    tabs = chosen.attributes("//nav[@aria-label='Chart']/a/@href")
    assert any("of=mentioned" in link and "year=2020" in link for link in tabs)


def test_page_of_mentioned_people_counts_episodes(client: httpx.Client, today: date) -> None:
    del today
    page = shown(client, "of=mentioned&year=2020")
    assert page.texts("//ol//a[@class='title']") == ["Cy Young", "Bob Jones"]
    assert page.attributes("//ol//a[@class='title']/@href")[0] == "/people/cy-young"
    assert "Episodes in 2020." in page.answer.text
    assert "A mention is not an appearance." in page.answer.text
    empty = shown(client, "of=mentioned&year=2021")
    assert "No episode of 2021 mentions a person by name." in empty.answer.text


@pytest.mark.parametrize("year", ["", "nonsense", "0", "1899", "9999", "9" * 20, "²"])
def test_what_is_no_year_of_charts_is_ignored(client: httpx.Client, today: date, year: str) -> None:
    del today
    page = shown(client, f"days=all&year={year}")
    assert page.texts("//nav[@aria-label='Period']/a[@aria-current]") == ["All time"]


def test_year_without_speech_says_so(client: httpx.Client, today: date) -> None:
    del today
    for of in ("people", "podcasts", "topics", "mentioned"):
        assert 'class="empty"' in shown(client, f"of={of}&year=1950&days=all").answer.text


def test_api_has_charts_of_a_year(client: httpx.Client, today: date) -> None:
    del today
    answer = client.get("/api/v1/charts/people?year=2020&days=7").json()
    assert (answer["year"], answer["days"]) == (2020, None)
    assert [(row["slug"], row["appearances"], row["before"]) for row in answer["items"]] == [
        ("ann-smith", 4, 0),
        ("bob-jones", 1, 2),
        ("cy-young", 1, 0),
    ]
    assert client.get("/api/v1/charts/people").json()["year"] is None
    assert client.get("/api/v1/charts/people?year=1899").status_code == 422


def test_year_is_chosen_with_the_form(browser: Browser, web_url: str, today: date) -> None:
    del today
    assert one("SELECT count(*) FROM person") == 3
    with reader(browser, web_url, PHONE) as page:
        page.goto("/charts?days=all")
        page.get_by_label("Year", exact=True).select_option("2020")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("ol.chart-list .count").first).to_have_text("4")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="Remove the year 2020").press("Enter")
        expect(page.locator("ol.chart-list .count").first).to_have_text("5")
