"""Top lists: names of charts, their URLs, and responses."""

import json

import pytest

from tasks.charts.top_list import (
    TopListRefused,
    TopPodcast,
    chart_names,
    chart_title,
    chart_url,
    read_top_list,
)
from tests.paths import DATA

STORED = (DATA / "charts" / "top.json").read_bytes()


def test_charts_of_the_setting_are_countries_and_genres() -> None:
    assert chart_names("US, de,us/1303, us ,") == ["us", "de", "us/1303"]
    assert chart_names("") == []
    assert [chart_title(name) for name in ("de", "us/1303", "us/9999")] == [
        "DE",
        "US, Comedy",
        "US, 9999",
    ]
    assert chart_url("https://a", "us/1303") == (
        "https://a/us/rss/toppodcasts/limit=100/genre=1303/json"
    )
    with pytest.raises(TopListRefused, match="OVERHEARD_STORE_CHARTS"):
        chart_names("us, germany")


def test_stored_response_is_read_in_its_order() -> None:
    assert read_top_list(STORED) == [
        TopPodcast("1641171534", "Björk: Sonic Symbolism", "Mailchimp"),
        TopPodcast("1535809341", "The Joe Budden Podcast", "The Joe Budden Network"),
    ]


def test_single_entry_may_be_an_object() -> None:
    document = json.loads(STORED)
    document["feed"]["entry"] = document["feed"]["entry"][0]
    assert len(read_top_list(json.dumps(document).encode())) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"feed": {}}', b'{"feed": {"entry": [1, {}]}}', b"[" * 100_000, b"<rss/>"],
)
def test_other_response_is_refused(body: bytes) -> None:
    with pytest.raises(TopListRefused):
        read_top_list(body)
