"""Readers see which words come from audio, how sure they are, and can leave them out."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.database import in_transaction
from tests.factories import TODAY, add_episode, add_podcast, execute, spoken, store
from tests.heard_episodes import heard_episode
from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.integration.web.searched import Indexed, indexed

__all__ = ["browser", "indexed"]

pytestmark = pytest.mark.slow

ANN = "/people/ann-smith"
TURNS = (
    (0, "Hello and welcome. My name is Ann Smith and this is my show."),
    (1, "Hello Ann, what a ~lovely ~harbor it is, it is ~it."),
    (0, "Thank you."),
)


@pytest.fixture
def heard(web_url: str) -> int:
    """The id of a heard episode of Ann Smith's, who also speaks in one with a transcript."""
    del web_url
    podcast = in_transaction(add_podcast)
    published = in_transaction(
        add_episode, podcast, title="Published", transcripts=["https://a.example/1.vtt"]
    )
    execute("UPDATE transcript SET is_selected = true")
    in_transaction(store, published, spoken("Ann Smith: The harbor.", "Ann Smith: The ferry."))
    return heard_episode(podcast, TURNS, "Ann Smith", stats_date=TODAY - timedelta(days=40))


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(
    request: pytest.FixtureRequest, browser: Browser, web_url: str, heard: int
) -> Iterator[Page]:
    del heard
    with reader(browser, web_url, request.param) as page:
        yield page


def test_episode_page_says_what_made_the_transcript(page: Page, heard: int) -> None:
    page.goto(f"/episodes/{heard}")
    expect(page.locator(".section-head .from-audio")).to_have_text("from audio")
    about = page.locator("#heard")
    for fact in ("faster-whisper 1.2.1, model base", "sherpa-onnx 1.13.4", "transcribed96 %"):
        expect(about).to_contain_text(fact)
    expect(about.locator("time")).to_have_count(1)
    expect(about.locator(".found-names li")).to_contain_text(
        "Ann Smith: introduces themselves ('Speaker 1' says"
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert Axe().run(page).response["violations"] == []


def test_uncertain_words_are_set_apart_at_their_place(page: Page, heard: int) -> None:
    page.goto(f"/episodes/{heard}")
    uncertain = page.locator(".segment .uncertain")
    assert uncertain.all_inner_texts() == ["lovely", "harbor", "it."]
    lines = page.locator(".segment p").all_inner_texts()
    assert "Hello Ann, what a lovely harbor it is, it is it." in lines
    style = uncertain.first.evaluate("one => getComputedStyle(one).textDecorationLine")
    assert style == "underline"


def test_person_page_leaves_heard_appearances_out(page: Page) -> None:
    page.goto(ANN)
    expect(page.locator("#figures .main dd")).to_have_text("4")
    expect(page.locator("#from-audio")).to_contain_text("2 appearances in 1 episode come")
    assert page.locator(".episode-group .from-audio").count() == 1
    page.locator("#from-audio a").click()
    page.wait_for_url("**source=publisher**")
    expect(page.locator("#from-audio")).to_contain_text("They are left out below")
    expect(page.locator(".episode-group h3")).to_have_text("Published")
    assert page.locator(".timeline-table tbody .total").all_text_contents() == ["2"]
    page.get_by_label("Transcripts", exact=True).select_option("asr")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url("**source=asr**")
    expect(page.locator(".episode-group h3")).to_have_text("Heard")


def test_words_of_one_source_are_found_without_the_index(page: Page) -> None:
    page.goto(f"{ANN}?q=the&source=publisher")
    assert page.locator("[data-appearance]").count() == 2
    page.goto(f"{ANN}?q=welcome&source=publisher")
    assert page.locator("[data-appearance]").count() == 0


def test_api_says_whose_transcript_it_is(client: httpx.Client, heard: int) -> None:
    api = "/api/v1"
    episode = client.get(f"{api}/episodes/{heard}").json()
    assert (episode["source"], episode["heard"]["speech_coverage"]) == ("asr", 0.96)
    assert episode["heard"]["engine"] == {
        "name": "faster-whisper",
        "version": "1.2.1",
        "model": "base",
    }
    others = client.get(f"{api}/episodes").json()["items"]
    assert sorted(one["source"] for one in others) == ["asr", "publisher"]
    for query, sources in (
        ("", ["asr", "asr", "publisher", "publisher"]),
        ("?source=publisher", ["publisher", "publisher"]),
        ("?source=asr", ["asr", "asr"]),
    ):
        found = client.get(f"{api}{ANN}/appearances{query}").json()["items"]
        assert sorted(one["source"] for one in found) == sources
    bars = client.get(f"{api}{ANN}/timeline?source=publisher&by=day").json()["items"]
    assert [bar["appearances"] for bar in bars] == [2]


def test_exports_say_whose_transcript_it_is(client: httpx.Client, heard: int) -> None:
    lines = client.get("/api/v1/export/appearances").text.splitlines()
    exported = [json.loads(line) for line in lines]
    by_episode = {one["episode_id"]: one["source"] for one in exported}
    assert by_episode.pop(heard) == "asr"
    assert set(by_episode.values()) == {"publisher"}
    table = list(csv.DictReader(io.StringIO(client.get(f"{ANN}/appearances.csv").text)))
    assert sorted(row["source"] for row in table) == ["asr", "asr", "publisher", "publisher"]
    left = client.get(f"{ANN}/appearances.json?source=publisher").json()
    assert [row["source"] for row in left] == ["publisher", "publisher"]


def test_found_and_quoted_words_from_audio_are_marked(
    client: httpx.Client, heard: int, indexed: Indexed
) -> None:
    del heard
    indexed()
    found = client.get("/api/v1/search?q=welcome").json()["items"]
    assert [one["source"] for one in found] == ["asr"]
    assert "from-audio" in client.get("/search?q=welcome").text
    assert "from-audio" not in client.get("/search?q=ferry").text
    assert "from-audio" in client.get(f"/quotes/{found[0]['id']}").text
