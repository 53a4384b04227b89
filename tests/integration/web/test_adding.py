"""What the page Add Podcast says of what is there already, and of files that are no lists."""

import gzip

import httpx
import pytest

from models import get_settings
from tests.factories import NOW, execute, one, rows
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
        (
            b"# A readme\n\nwith lines\n\n* of text\n" * 50,
            "no list of feeds, neither OPML nor URLs; line 3 is not an",
        ),
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


def polled(podcast: int, *, reason: str | None, state: str = "active") -> None:
    execute(
        "UPDATE crawl SET last_error_reason = :reason, last_ok_at = :read WHERE podcast_id = :id",
        reason=reason,
        read=NOW if reason is None else None,
        id=podcast,
    )
    execute("UPDATE podcast SET state = :state WHERE id = :id", state=state, id=podcast)


def test_list_says_what_came_of_its_polls_and_what_to_do(adding: httpx.Client) -> None:
    lines = "\n".join(f"https://{number}.invalid/f" for number in range(5))
    location = adding.post("/add", files={"opml": ("list.txt", lines)}).headers["location"]
    first, second, third, fourth, _ = [
        row["id"] for row in rows("SELECT id FROM podcast ORDER BY id")
    ]
    polled(first, reason=None)
    polled(second, reason="html", state="refused")
    polled(third, reason="http_503")
    polled(fourth, reason="http_404", state="refused")
    page = Page("", adding.get(location))
    assert page.texts("//p[@class='lead']") == [
        "1 added, 1 waiting for their first poll, 2 refused, 1 unreachable (will be tried again)."
    ]
    web_page, unreachable, missing = page.texts("//article//p[contains(@class, 'notice-bad')]")
    assert "its RSS feed. Look for the address of the RSS feed on that page. html" in web_page
    assert "It will be tried again by itself. http_503" in unreachable
    assert "nothing at this URL. Search by the podcast's name instead" in missing


@pytest.mark.parametrize(
    ("sent", "step"),
    [
        ({"url": (None, "")}, "Enter a link, or choose a file"),
        ({"url": (None, "some\nwords")}, "Enter one name by itself, or paste links."),
        ({"opml": ("a.txt", "no list\n")}, "Choose an OPML file, or a text file with one URL"),
        ({"opml": ("a.txt", "https://a.invalid/f\n" * 1001)}, "Add it in parts."),
        ({"url": (None, "ftp://a.invalid/f")}, "Search by the podcast's name instead"),
    ],
    ids=["empty", "words", "no-list", "long", "scheme"],
)
def test_each_refused_form_names_the_next_step(
    adding: httpx.Client, sent: dict[str, tuple[str | None, str]], step: str
) -> None:
    refused = Page("", adding.post("/add", files=sent))
    (alert,) = refused.texts("//*[@role='alert']/p")
    (message,) = refused.texts("//*[@role='alert']//strong")
    assert message.endswith(".")
    assert alert.removeprefix(message).strip().startswith(step)


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
