"""Store charts: polled politely, shown with movement, and added with one click."""

import json
from collections.abc import Iterator

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tasks.charts.poll import poll_due_charts
from tests.factories import add_podcast, execute, one, rows
from tests.integration.web.reading import Page
from tests.paths import DATA
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

STORED = (DATA / "charts" / "top.json").read_bytes()
PATH = "/us/rss/toppodcasts/limit=100/json"


@pytest.fixture
def store(
    client: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FaultServer]:
    monkeypatch.setenv("OVERHEARD_STORE_CHARTS", "us")
    monkeypatch.setenv("OVERHEARD_APPLE_URL", publisher.url(""))
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD", "true")
    get_settings.cache_clear()
    client.headers["origin"] = str(client.base_url).rstrip("/")
    yield publisher
    get_settings.cache_clear()


def poll_again() -> None:
    execute("UPDATE store_chart SET next_poll_at = '2000-01-01'")
    assert poll_due_charts() == 1


def a_day_ago() -> None:
    execute("UPDATE store_position SET day = day - 1")


def turned() -> bytes:
    document = json.loads(STORED)
    document["feed"]["entry"].reverse()
    return json.dumps(document).encode()


def test_chart_is_polled_once_and_then_waits(client: httpx.Client, store: FaultServer) -> None:
    store.serve(PATH, Answer(body=STORED, etag='"1"'))
    assert (poll_due_charts(), poll_due_charts()) == (1, 0)
    assert len(store.seen(PATH)) == 1
    page = Page("", client.get("/charts/store"))
    assert page.texts("//li//*[@class='title']") == [
        "Björk: Sonic Symbolism",
        "The Joe Budden Podcast",
    ]
    assert page.texts("//span[@class='moved moved-new']") == []


def test_unchanged_chart_is_a_304_and_has_its_day(client: httpx.Client, store: FaultServer) -> None:
    store.serve(PATH, Answer(body=STORED, etag='"1"'))
    poll_due_charts()
    a_day_ago()
    poll_again()
    assert store.seen(PATH)[1].headers["if-none-match"] == '"1"'
    assert [row["count"] for row in rows("SELECT count(*) FROM store_position GROUP BY day")] == [
        2,
        2,
    ]
    assert "Position over 2 days" in client.get("/charts/store?chart=us").text


def test_movement_is_against_the_day_before(client: httpx.Client, store: FaultServer) -> None:
    store.serve(PATH, Answer(body=STORED), Answer(body=turned()))
    poll_due_charts()
    a_day_ago()
    poll_again()
    moved = Page("", client.get("/charts/store")).texts("//span[contains(@class, 'moved')]")
    assert moved == ["up ▲ 1", "down ▼ 1"]


def test_failure_leaves_a_row_and_the_positions(client: httpx.Client, store: FaultServer) -> None:
    store.serve(PATH, Answer(body=STORED), Answer(503), Answer(body=b"<html>"))
    poll_due_charts()
    poll_again()
    assert one("SELECT reason FROM store_chart") == "http_503"
    poll_again()
    assert one("SELECT reason FROM store_chart") == "not_a_chart"
    assert client.get("/charts/store").text.count("data-apple") == 2


def test_followed_podcast_is_marked_and_others_are_added_by_a_click(
    client: httpx.Client, store: FaultServer
) -> None:
    store.serve(PATH, Answer(body=STORED))
    poll_due_charts()
    followed = in_transaction(add_podcast)
    execute(
        "UPDATE podcast SET title = 'björk: sonic symbolism', author = 'Mailchimp' WHERE id = :id",
        id=followed,
    )
    page = Page("", client.get("/charts/store"))
    assert page.attributes("//li//a[@class='title']/@href") == [f"/podcasts/{followed}"]
    (wanted,) = page.attributes("//li//input[@name='url']/@value")
    feed = store.url("/feed")
    found = {"kind": "podcast", "collectionName": "The Joe Budden Podcast", "feedUrl": feed}
    body = json.dumps({"resultCount": 1, "results": [found]}).encode()
    store.serve("/lookup?id=1535809341&entity=podcast&country=us", Answer(body=body))
    assert client.post("/add", files={"url": (None, wanted)}).status_code == 303
    assert one("SELECT count(*) FROM podcast WHERE feed_url = :url", url=feed) == 1


def test_podcast_is_searched_for_in_the_store_of_its_chart(
    client: httpx.Client, store: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_STORE_CHARTS", "de/1303")
    get_settings.cache_clear()
    store.serve("/de/rss/toppodcasts/limit=100/genre=1303/json", Answer(body=STORED))
    poll_due_charts()
    links = Page("", client.get("/charts/store")).attributes("//li//input[@name='url']/@value")
    lookup = "/lookup?id=1535809341&entity=podcast&country=de"
    found = {"kind": "podcast", "collectionName": "A", "feedUrl": store.url("/feed")}
    store.serve(lookup, Answer(body=json.dumps({"results": [found]}).encode()))
    client.post("/add", files={"url": (None, links[1])})
    assert len(store.seen(lookup)) == 1
    assert one("SELECT feed_url FROM podcast") == store.url("/feed")


def test_store_charts_are_off_by_default(client: httpx.Client) -> None:
    assert poll_due_charts() == 0
    assert client.get("/charts/store").status_code == 404
    assert "/charts/store" not in client.get("/charts").text
