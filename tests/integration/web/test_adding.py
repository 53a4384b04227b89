"""What the page Add Podcast says of what is there already, and of files that are no lists."""

import gzip

import httpx
import pytest

from models import get_settings
from tests.factories import one, rows
from tests.integration.web.reading import Page
from tests.integration.web.test_pages import FEED_INVALID, adding
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["adding"]


def added_before(adding: httpx.Client) -> tuple[int, str]:
    adding.post("/add", files={"url": (None, FEED_INVALID)})
    return one("SELECT id FROM podcast"), FEED_INVALID


def test_podcast_added_before_is_already_added(adding: httpx.Client) -> None:
    known, url = added_before(adding)
    sent = adding.post("/add", files={"url": (None, url)})
    assert sent.headers["location"] == f"/add/progress?ids={known}&already={known}"
    page = Page("", adding.get(sent.headers["location"]))
    assert page.texts("//h1") == ["Already added"]
    assert page.texts("//article//*[@class='state']") == ["already added"]
    assert page.attributes("//*[@id='progress']/@data-address") == [sent.headers["location"]]


def test_list_says_how_many_were_already_added(adding: httpx.Client) -> None:
    _, url = added_before(adding)
    opml = f"""<opml version="2.0"><body><outline xmlUrl="{url}"/>
        <outline xmlUrl="https://new.invalid/f"/></body></opml>"""
    sent = adding.post("/add", files={"opml": ("list.opml", opml)})
    page = Page("", adding.get(sent.headers["location"]))
    assert page.texts("//h1") == ["Adding a podcast"]
    assert page.texts("//p[@class='lead']") == ["1 already added, 1 waiting for their first poll."]
    again = adding.post("/add", files={"opml": ("list.opml", opml)})
    page = Page("", adding.get(again.headers["location"]))
    assert page.texts("//p[@class='lead']") == ["2 already added."]


OPML = b'<opml version="2.0"><body><outline xmlUrl="https://a.invalid/f"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"# A readme\n\nwith lines\n\n* of text\n" * 50, "no feed in it; line 3 is not an"),
        (b"<opml version='2.0'><body/></opml>", "no feed in it; an outline needs an xmlUrl."),
        (gzip.compress(OPML), "the file is compressed; unpack it first."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xd3\xfe", "the file is not text."),
    ],
    ids=["readme", "empty", "compressed", "binary"],
)
def test_file_that_is_no_list_gets_one_sentence(
    adding: httpx.Client, body: bytes, why: str
) -> None:
    sent = adding.post("/add", files={"opml": ("README.md", body)})
    assert sent.status_code == 400
    (alert,) = Page("", sent).texts("//*[@role='alert']/p")
    assert alert.startswith(f"Nothing was added from this file: {why}")
    assert one("SELECT count(*) FROM podcast") == 0


def test_pasted_text_without_links_gets_one_sentence(adding: httpx.Client) -> None:
    sent = adding.post("/add", files={"url": (None, "A readme\nwith lines\nof text")})
    assert Page("", sent).texts("//*[@role='alert']//strong") == [
        "None of these lines is a link. Names are searched one at a time."
    ]


def test_long_list_at_a_url_says_how_many_were_left_out(
    adding: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD_PER_HOUR", "5000")
    get_settings.cache_clear()
    monkeypatch.setattr("web.pages.adding.MAX_FEEDS", 3)
    rows = "".join(f'<outline xmlUrl="https://{number}.invalid/f"/>' for number in range(5))
    url = publisher.serve("/list", Answer(body=f"<opml><body>{rows}</body></opml>".encode()))
    page = Page("", adding.post("/add", files={"url": (None, url)}))
    (alert,) = page.texts("//*[@role='alert']/p")
    assert "at most 3 feeds: the last 2 were left out. Add the rest" in alert
    summary = ["3 waiting for their first poll, 2 left out."]
    assert page.texts("//p[@class='lead']") == summary
    (address,) = page.attributes("//*[@id='progress']/@data-address")
    assert Page("", adding.get(address)).texts("//p[@class='lead']") == summary
    assert one("SELECT count(*) FROM podcast") == 3


def test_uploaded_list_takes_what_the_field_takes(adding: httpx.Client) -> None:
    lines = "podcast://one.invalid/f\nitms-podcasts://two.invalid/f\nhttps://three.invalid/f\n"
    adding.post("/add", files={"opml": ("list.txt", lines)})
    added = {row["feed_url"] for row in rows("SELECT feed_url FROM podcast")}
    assert added == {f"https://{name}.invalid/f" for name in ("one", "two", "three")}
    sent = adding.post("/add", files={"opml": ("list.txt", "four.invalid\nhttps://a.invalid/f")})
    assert Page("", sent).texts("//*[@role='alert']//code") == ["dns_failed"]
