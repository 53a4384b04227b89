"""Our own charts: limited to a language or a topic, with movement and lines."""

import itertools
from datetime import date, timedelta

import httpx
import pytest

from models.chart_scope import ChartScope
from models.database import database_time, in_transaction
from models.queries.charts import chart, chart_with_trends
from tests.factories import execute, one
from tests.integration.tasks.blog.test_issues import heard
from tests.integration.web.reading import Page

GERMAN, ENGLISH = "https://german.example/feed", "https://english.example/feed"


def add_topic(name: str, *episodes: int) -> None:
    slug = name.lower()
    topic = one(
        "INSERT INTO topic (slug, name) VALUES (:slug, :name) RETURNING id", slug=slug, name=name
    )
    for episode in episodes:
        execute(
            "INSERT INTO episode_topic (episode_id, topic_id) VALUES (:e, :t)", e=episode, t=topic
        )


@pytest.fixture
def today(database: str) -> date:
    """A German episode about tea, an older one, and an English one about tea."""
    del database
    today: date = in_transaction(database_time).date()
    yesterday, before = today - timedelta(days=1), today - timedelta(days=10)
    tea = heard(yesterday, "Ann Smith: Hallo.", "Bob Jones: Ja.", "Ann Smith: So.", url=GERMAN)
    heard(before, "Bob Jones: Früher.", "Bob Jones: Und.", url=GERMAN)
    also = heard(yesterday, "Ann Smith: Hello.", "Cy Young: Yes.", url=ENGLISH)
    execute("UPDATE podcast SET language = 'de-AT' WHERE feed_url = :url", url=GERMAN)
    execute("UPDATE podcast SET language = 'en' WHERE feed_url = :url", url=ENGLISH)
    add_topic("Tea", tea, also)
    return today


def people(today: date, days: int | None = 30, **scope: str) -> dict[str | None, int]:
    rows = in_transaction(chart, "people", today, days, ChartScope(**scope))
    return {row.slug: row.now for row in rows}


def test_chart_of_a_language_counts_its_podcasts(today: date) -> None:
    assert people(today) == {"ann-smith": 3, "bob-jones": 3, "cy-young": 1}
    assert people(today, language="de") == {"bob-jones": 3, "ann-smith": 2}
    assert people(today, language="en") == {"ann-smith": 1, "cy-young": 1}
    assert people(today, language="fr") == {}


def test_chart_of_a_topic_counts_its_episodes(today: date) -> None:
    assert people(today, topic="tea") == {"ann-smith": 3, "bob-jones": 1, "cy-young": 1}
    assert people(today, topic="tea", language="de") == {"ann-smith": 2, "bob-jones": 1}
    assert people(today, topic="none") == {}
    podcasts = in_transaction(chart, "podcasts", today, 30, ChartScope(topic="tea"))
    assert [row.now for row in podcasts] == [3, 2]
    topics = in_transaction(chart, "topics", today, 30, ChartScope(language="en"))
    assert [(row.slug, row.now) for row in topics] == [("tea", 2)]


def test_movement_is_within_the_language(today: date) -> None:
    rows = in_transaction(chart, "people", today, 7, ChartScope(language="de"))
    assert [(row.slug, row.now, row.before, row.rank_before) for row in rows] == [
        ("ann-smith", 2, 0, None),
        ("bob-jones", 1, 2, 1),
    ]


@pytest.mark.parametrize("of", ["people", "podcasts", "topics"])
def test_lines_add_up_to_the_numbers(today: date, of: str) -> None:
    for days, language in itertools.product((7, 30, 365, None), ("", "de")):
        rows = in_transaction(chart_with_trends, of, today, days, ChartScope(language))
        assert rows
        assert [sum(each.trend) for each in rows] == [each.row.now for each in rows]


def test_line_has_the_oldest_part_first(today: date) -> None:
    (line,) = [
        each.trend
        for each in in_transaction(chart_with_trends, "people", today, 30, ChartScope("de"))
        if each.row.slug == "bob-jones"
    ]
    assert line == [0] * 9 + [2] + [0] * 4 + [1]


def shown(client: httpx.Client, query: str) -> Page:
    return Page("", client.get(f"/charts?days=30&{query}"))


def test_page_limits_the_chart_and_remembers_it(client: httpx.Client, today: date) -> None:
    del today
    page = shown(client, "language=de&topic=tea")
    assert page.texts("//ol//a[@class='title']") == ["Ann Smith", "Bob Jones"]
    assert page.attributes("//form//option[@selected]/@value") == ["de", "tea"]
    assert "Only podcasts in this language count." in page.answer.text
    tabs = page.attributes("//nav[@aria-label='Period']//a/@href")
    assert all("language=de" in href and "topic=tea" in href for href in tabs)
    assert len(page.attributes("//ol//polyline/@points")) == 2
    empty = shown(client, "language=fr")
    assert "No episode from this period with this language" in empty.answer.text
    assert client.get("/charts?language=x1").status_code == 400


def empty_chart(client: httpx.Client, query: str) -> tuple[str, list[str]]:
    """What a page says instead of a chart, and where that leads."""
    page = Page("", client.get(f"/charts?{query}"))
    text = " ".join(page.attributes("//div[@class='empty']//text()"))
    return " ".join(text.split()), page.attributes("//div[@class='empty']//a/@href")


def test_chart_of_topics_without_topics_says_so(client: httpx.Client, today: date) -> None:
    del today
    execute("DELETE FROM episode_topic")
    for days in ("all", "30"):
        text, links = empty_chart(client, f"of=topics&days={days}")
        assert text == "No topics No feed has published categories, keywords or tags yet. People"
        assert links == [f"/charts?of=people&days={days}"]


def test_all_time_is_offered_to_bounded_periods_only(client: httpx.Client, today: date) -> None:
    del today
    text, links = empty_chart(client, "of=people&days=30&language=fr")
    assert text.startswith("Nothing in this period No episode from this period with this language")
    assert links == ["/charts?of=people&days=all"]
    text, links = empty_chart(client, "of=people&days=all&language=fr")
    assert text.startswith("Nothing counted No episode with this language and topic")
    assert links == ["/charts?of=people&days=all"]
    assert text.endswith("Any language and topic")


def test_api_limits_charts_likewise(client: httpx.Client, today: date) -> None:
    del today
    answer = client.get("/api/v1/charts/people?language=en&topic=tea").json()
    assert [(row["slug"], row["appearances"]) for row in answer["items"]] == [
        ("ann-smith", 1),
        ("cy-young", 1),
    ]
