"""Tools for reading an episode: parts of a long transcript, finding words, the next turn."""

import re
from collections.abc import Iterator

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from models.database import in_transaction
from tests.factories import execute, new_episode, rows, spoken, store
from tests.integration.web.browser import browser, reader
from tests.integration.web.reading import Page as ReadPage
from tests.integration.web.test_in_browser import SERIOUS, WIDTHS
from tests.integration.web.test_player import audio
from tests.servers.fault_server import fault_server

__all__ = ["audio", "browser", "fault_server"]

pytestmark = pytest.mark.slow

WORDS = "A sentence of usual length that is spoken on a podcast, number {}, with a few more words."
SPEAKERS = ("Ann Smith", "Bob Jones", "Cy Young")
SEGMENTS = 700


@pytest.fixture
def long_episode(web_url: str) -> int:
    """Ann and Bob in turns of two segments, and Cy, who speaks at the beginning and the end."""
    del web_url
    turns = [f"{SPEAKERS[n // 2 % 2]}: {WORDS.format(n)}" for n in range(SEGMENTS)]
    turns[1], turns[-1] = "Cy Young: Welcome.", "Cy Young: The 100% lantern_song ends."
    episode = new_episode(title="Long")
    in_transaction(store, episode, spoken(*turns, seconds=1))
    return episode


def parts(client: httpx.Client, address: str) -> Iterator[ReadPage]:
    waiting = [address]
    while waiting:
        page = ReadPage(waiting[0], client.get(waiting.pop()))
        yield page
        waiting += page.attributes("//a[@rel='next']/@href")


def ids(page: ReadPage) -> list[int]:
    found = page.attributes("//div[@class='segment']/@id")
    return [int(one.removeprefix("s-")) for one in found]


def test_parts_are_small_and_have_every_segment_once(
    client: httpx.Client, long_episode: int
) -> None:
    pages = list(parts(client, f"/episodes/{long_episode}"))
    assert len(pages) > 2
    assert all(len(page.answer.content) < 100_000 for page in pages)
    stored = rows("SELECT id FROM appearance ORDER BY position")
    assert [id_ for page in pages for id_ in ids(page)] == [row["id"] for row in stored]
    (place,) = pages[-1].texts("//p[contains(@class, 'place')]")
    assert place.endswith(f" to {SEGMENTS} of {SEGMENTS} segments")


@pytest.mark.parametrize("text", ["x" * 6000, "\N{CJK UNIFIED IDEOGRAPH-4E00}" * 300, "a"])
def test_first_part_is_small_whatever_the_segments(client: httpx.Client, text: str) -> None:
    episode = new_episode(title="One")
    turns = (f"{SPEAKERS[n % 3]}: {text} {n}" for n in range(300))
    in_transaction(store, episode, spoken(*turns))
    pages = list(parts(client, f"/episodes/{episode}"))
    assert len(pages[0].answer.content) < 100_000
    assert sum(len(ids(page)) for page in pages) == 300


def test_every_segment_has_a_link_to_a_part_with_it(
    client: httpx.Client, long_episode: int
) -> None:
    stored = [row["id"] for row in rows("SELECT id FROM appearance ORDER BY position")]
    for id_ in (*stored[:3], *stored[90:130:3], *stored[-2:]):
        target = client.get(f"/appearances/{id_}").headers["location"]
        assert target.endswith(f"#s-{id_}")
        assert id_ in ids(ReadPage("", client.get(target))), target
    assert client.get(f"/appearances/{stored[0]}").headers["location"] == (
        f"/episodes/{long_episode}#s-{stored[0]}"
    )


def test_next_turn_leads_to_the_same_speaker_even_in_another_part(
    client: httpx.Client, long_episode: int
) -> None:
    first = ReadPage("", client.get(f"/episodes/{long_episode}"))
    speaker = {
        row["id"]: row["speaker_id"] for row in rows("SELECT id, speaker_id FROM appearance")
    }
    turns = first.root.xpath("//div[contains(@class, 'turn')]")
    for turn in turns:
        own = int(turn.xpath(".//div[@class='segment']/@id")[0].removeprefix("s-"))
        (href,) = turn.xpath(".//a[@class='next-turn']/@href")
        following = int(re.sub(r"\D", "", href))
        assert following > own
        assert speaker[following] == speaker[own]
    (cy,) = (turn for turn in turns if "Cy Young" in turn.text_content())
    (href,) = cy.xpath(".//a[@class='next-turn']/@href")
    assert href == f"/appearances/{max(speaker)}"
    last = list(parts(client, f"/episodes/{long_episode}"))[-1]
    turn = last.root.xpath("//div[contains(@class, 'turn')]")[-1]
    assert turn.xpath(".//a[@class='next-turn']") == []


def test_find_lists_segments_of_all_parts_and_marks_them(
    client: httpx.Client, long_episode: int
) -> None:
    address = f"/episodes/{long_episode}"
    found = ReadPage("", client.get(f"{address}?find=NUMBER 13"))
    numbers = [n for n in range(SEGMENTS) if str(n).startswith("13")]
    assert f"{len(numbers)} segments have" in " ".join(found.texts("//div[@id='found']/p"))
    listed = found.texts("//div[@id='found']//li")
    assert len(listed) == len(numbers)
    assert found.texts("//div[@class='segment']//mark") == ["number 13"]
    elsewhere = found.attributes("//div[@id='found']//a/@href")[-1]
    target = client.get(elsewhere, follow_redirects=True)
    assert "<mark>number 139</mark>" not in target.text
    assert "<mark>number 13</mark>9" in target.text
    for literal, hits in (("100%", 1), ("lantern_song", 1), ("1_0%", 0), ("<b>", 0), ("   ", -1)):
        page = ReadPage("", client.get(address, params={"find": literal}))
        assert page.answer.status_code == 200
        assert len(page.texts("//div[@id='found']//li")) == max(hits, 0), literal
        assert ("No segment has" in page.answer.text) == (hits == 0), literal


def test_strip_shows_the_whole_episode_in_each_part(
    client: httpx.Client, long_episode: int
) -> None:
    def drawn(page: ReadPage) -> list[str]:
        return page.attributes("//*[@class='strip']//*[name()='rect']/@x")

    first, *_, last = parts(client, f"/episodes/{long_episode}")
    assert drawn(first) == drawn(last)
    links = first.attributes("//*[@class='strip']//*[name()='a']/@href")
    assert {link.startswith("#s-") for link in links} == {True, False}
    assert client.get(links[-1]).status_code == 307


@pytest.mark.parametrize("width", WIDTHS)
def test_reader_finds_words_and_loads_the_rest_below(
    browser: Browser, web_url: str, long_episode: int, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    with reader(browser, web_url, viewport, scheme) as page:
        page.goto(f"/episodes/{long_episode}")
        page.get_by_label("Find in the transcript").fill("lantern_song")
        page.keyboard.press("Enter")
        page.wait_for_url("**find=lantern_song**")
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        found = Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in SERIOUS] == []
        page.locator("#found li a").click()
        page.wait_for_url("**#s-*")
        expect(page.locator(".segment:target mark")).to_have_text("lantern_song")
        page.goto(f"/episodes/{long_episode}")
        first = page.locator(".segment").count()
        page.get_by_role("link", name="More", exact=True).click()
        expect(page.locator(".place")).to_contain_text(f"of {SEGMENTS} segments")
        expect(page.locator(".segment").nth(first)).to_be_attached()
        shown = page.locator(".segment").count()
        page.reload()
        assert page.locator(".segment").count() == shown


def test_next_turn_works_by_keyboard(browser: Browser, web_url: str, long_episode: int) -> None:
    with reader(browser, web_url) as page:
        page.goto(f"/episodes/{long_episode}")
        link = page.get_by_label("Next turn of Bob Jones").first
        link.focus()
        page.keyboard.press("Enter")
        assert "number 6," in page.locator(".segment:target").inner_text()


def test_audio_loads_the_part_that_it_reaches(
    browser: Browser, web_url: str, long_episode: int, audio: str
) -> None:
    execute("UPDATE episode SET audio_url = :audio", audio=audio)
    with reader(browser, web_url, publisher=audio) as page:
        page.set_default_timeout(60_000)
        page.goto(f"/episodes/{long_episode}")
        last = page.locator(".segment").last
        id_ = last.get_attribute("id")
        last.locator("a.time").click()
        playing = page.locator(".segment.playing")
        expect(playing).not_to_have_attribute("id", id_ or "", timeout=60_000)
        expect(page.locator(f"#{id_}")).to_be_attached()  # on the same page
        assert is_followed(page)


def is_followed(page: Page) -> bool:
    return bool(page.evaluate("document.querySelectorAll('.segment.playing').length === 1"))
