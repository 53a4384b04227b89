"""The operator's dry run from the stage fetch: what would be requested, without a request."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, one
from tests.integration.web.accounts import enter, enter_in_browser
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

__all__ = ["browser"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("operating")]


def dry_run(client: httpx.Client, token: str, podcast: int) -> Page:
    form = {"form_token": token, "scope": "podcast", "value": str(podcast), "stage": "fetch"}
    return Page("", client.post("/operate/reingest", data=form | {"action": "dry_run"}))


def test_fetch_dry_run_names_hosts_and_requests_nothing(
    client: httpx.Client, publisher: FaultServer
) -> None:
    podcast = in_transaction(add_podcast)
    url = publisher.serve("/1.vtt", Answer(200, b"WEBVTT\n"))
    second = "https://other.example/1.vtt"
    in_transaction(add_episode, podcast, transcripts=[url, second])
    in_transaction(add_episode, podcast, transcripts=[second])
    page = dry_run(client, enter(client), podcast)
    section = "//section[@aria-labelledby='dry-run']"
    (notice,) = page.texts(f"{section}//p[@class='notice']")
    assert "The transcripts of 2 episodes would be fetched again" in notice
    assert "at least 2 and at most 3" in notice
    assert "1 feed would be polled" in notice
    assert f"overheard reingest podcast:{podcast} --stage fetch --dry-run" in notice
    assert page.attributes("//@data-transcripts") == ["other.example", url.split("/")[2]]
    assert page.texts("//tr[@data-transcripts='other.example']/td") == ["2", "2", "not recorded"]
    assert "2 episodes have no record of a fetch" in page.texts(section)[0]
    assert "Nothing was written or requested." in page.texts(section)[0]
    assert publisher.requests == []
    assert one("SELECT count(*) FROM reingest_request") == 0
    assert one("SELECT count(*) FROM job") == 0


def test_fetch_dry_run_of_nothing_says_so(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    token = enter(client)
    assert "1 feed would be polled" in dry_run(client, token, podcast).texts("//main")[0]
    form = {"form_token": token, "scope": "since", "value": "2030-01-01", "stage": "fetch"}
    page = Page("", client.post("/operate/reingest", data=form))
    assert "Nothing would be requested" in page.texts("//main")[0]


def test_fetch_dry_run_is_read_on_a_phone(browser: Browser, web_url: str) -> None:
    podcast = in_transaction(add_podcast)
    address = "https://transcripts-of-a-publisher-with-a-long-name.example/1.vtt"
    in_transaction(add_episode, podcast, transcripts=[address])
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        page.goto(f"/operate/reingest?scope=podcast&value={podcast}&stage=fetch")
        page.get_by_role("button", name="Dry run").click()
        expect(page.get_by_role("heading", name="What would be requested")).to_be_visible()
        expect(page.locator("[data-transcripts]")).to_have_count(1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
