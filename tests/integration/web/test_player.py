"""The player, heard through a real browser with real audio."""

import io
import math
import re
import wave
from array import array
from collections.abc import Iterator
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from sqlmodel import Session

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, one, spoken, store
from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer, Seen

__all__ = ["browser"]

pytestmark = pytest.mark.slow

ANN = "/people/ann-smith"


def tone(seconds: int) -> bytes:
    """A quiet tone as a WAV file."""
    rate = 8000
    samples = array("h", (int(900 * math.sin(n / 9)) for n in range(rate * seconds)))
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(rate)
        audio.writeframes(samples.tobytes())
    return file.getvalue()


@pytest.fixture
def audio(fault_server: FaultServer) -> str:
    """The URL of two minutes of audio, whose server can send any part of it (RFC 9110, 14)."""
    body = tone(120)

    def answer(request: Seen) -> Answer:
        part = re.match(r"bytes=(\d+)-", request.headers.get("range", ""))
        first = int(part[1]) if part else 0
        headers = {
            "Content-Type": "audio/wav",
            "Accept-Ranges": "bytes",
            "Content-Range": f"bytes {first}-{len(body) - 1}/{len(body)}",
        }
        return Answer(206, body=body[first:], headers=headers)

    return fault_server.serve_by("/audio.wav", answer)


@pytest.fixture
def page(browser: Browser, web_url: str, audio: str) -> Iterator[Page]:
    """A reader's page; Ann speaks in one episode that has audio."""
    in_transaction(_episode_with_audio, audio)
    with reader(browser, web_url, DESKTOP, publisher=audio) as page:
        page.set_default_timeout(60_000)
        yield page


def _episode_with_audio(session: Session, audio: str) -> int:
    podcast = add_podcast(session)
    episode = add_episode(session, podcast, title="The harbor at night")
    store(
        session,
        episode,
        spoken("Ann Smith: one", "Bo Lund: two", "Ann Smith: three", "Ann Smith: four"),
    )
    session.connection().exec_driver_sql("UPDATE episode SET audio_url = %s", (audio,))
    session.connection().exec_driver_sql("UPDATE podcast SET title = 'Quiet Waters'")
    return episode


LONG = [f"{('Ann Smith', 'Bo Lund')[n // 4 % 2]}: passage {n}" for n in range(60)]


def _long_episode_with_audio(session: Session, audio: str) -> None:
    episode = add_episode(session, add_podcast(session), title="The harbor by day")
    store(session, episode, spoken(*LONG))
    session.connection().exec_driver_sql("UPDATE episode SET audio_url = %s", (audio,))


def seconds(page: Page) -> float:
    return float(page.evaluate("document.querySelector('#player audio').currentTime"))


def until_after(page: Page, position: float) -> float:
    """Wait until the audio is past a position; where it is then."""
    page.wait_for_function(
        "position => document.querySelector('#player audio').currentTime > position", arg=position
    )
    return seconds(page)


def test_audio_plays_on_over_ten_navigations(page: Page, fault_server: FaultServer) -> None:
    page.goto(ANN)
    page.locator("[data-play]").first.click()
    heard = [until_after(page, 0)]
    requests = len(fault_server.seen("/audio.wav"))
    page.evaluate("window.unloaded = false")

    def then(address: str) -> None:
        page.wait_for_url(address)
        heard.append(until_after(page, heard[-1]))

    menu = page.get_by_role("navigation", name="Main")
    for name, address in (
        ("Podcasts", "**/podcasts"),
        ("Charts", "**/charts"),
        ("Search", "**/search"),
        ("People & Topics", "**/people"),
    ):
        menu.get_by_role("link", name=name, exact=True).click()
        then(address)
    page.go_back()
    then("**/search")
    page.go_forward()
    then("**/people")
    page.get_by_role("searchbox", name="Search all transcripts").fill("three")
    page.keyboard.press("Enter")
    then("**/search?q=three*")
    menu.get_by_role("link", name="Podcasts", exact=True).click()
    then("**/podcasts")
    page.get_by_role("link", name="Quiet Waters").first.click()
    then("**/podcasts/*")
    page.get_by_role("link", name="The harbor at night").first.click()
    then("**/episodes/*")
    page.go_back()
    then("**/podcasts/*")
    assert all(before < after for before, after in pairwise(heard))
    assert page.evaluate("window.unloaded") is False
    assert len(fault_server.seen("/audio.wav")) == requests


def test_a_quote_plays_from_its_time_and_leads_to_its_words(page: Page) -> None:
    page.goto(ANN)
    page.get_by_label("Listen from 0:20").click()
    assert 20 <= until_after(page, 20) < 30
    assert page.url.endswith(ANN)
    player = page.get_by_role("region", name="Player")
    player.get_by_role("button", name="Next quote").click()
    assert 30 <= until_after(page, 30) < 40
    expect(player.get_by_role("button", name="Next quote")).to_be_hidden()
    player.get_by_role("link", name="The harbor at night").click()
    page.wait_for_url("**/episodes/**")
    expect(page.locator(".segment.playing bdi")).to_have_text("four")


@pytest.mark.parametrize("state", ["playing", "paused", "failed"])
def test_a_passage_opens_at_its_words_beside_the_player(
    page: Page, fault_server: FaultServer, state: str
) -> None:
    audio = fault_server.url("/missing.wav" if state == "failed" else "/audio.wav")
    in_transaction(_long_episode_with_audio, audio)
    passage = one("SELECT id FROM appearance WHERE text = 'passage 40'")
    page.goto(ANN)
    page.get_by_label("Listen from 0:00").first.click()
    if state == "failed":
        expect(page.get_by_role("status")).to_have_text(re.compile("cannot be played here"))
    else:
        until_after(page, 0)
    if state == "paused":
        page.keyboard.press("k")
    page.evaluate("window.unloaded = false")
    page.evaluate("id => document.querySelector('main a').href = `/appearances/${id}`", passage)
    page.locator("main a").first.click()
    page.wait_for_url(f"**/episodes/*#s-{passage}")
    opened = page.locator(".segment:target")
    expect(opened.locator("bdi")).to_have_text("passage 40")
    expect(opened).to_be_in_viewport()
    assert page.evaluate("window.unloaded") is False
    if state == "playing":
        page.keyboard.press("l")
        expect(page.locator(".segment.playing bdi")).to_have_text("passage 3")
        expect(opened).to_be_in_viewport()
        page.get_by_label("Follow along").check()
        expect(page.locator(".segment.playing")).to_be_in_viewport()


def test_the_title_in_the_player_leads_to_its_passage(page: Page) -> None:
    page.goto(ANN)
    page.get_by_label("Listen from 0:30").click()
    until_after(page, 30)
    page.get_by_role("region", name="Player").get_by_role("link").click()
    page.wait_for_url("**/episodes/*#s-*")
    expect(page.locator(".segment:target bdi")).to_have_text("four")
    expect(page.get_by_label("Follow along")).to_be_checked()


def test_the_player_obeys_keys_and_buttons(page: Page) -> None:
    page.goto(ANN)
    page.get_by_label("Listen from 0:30").click()
    until_after(page, 30)
    page.keyboard.press("k")
    player = page.get_by_role("region", name="Player")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    stopped = seconds(page)
    page.keyboard.press("j")
    assert seconds(page) == pytest.approx(stopped - 15, abs=0.1)
    page.keyboard.press("l")
    assert seconds(page) == pytest.approx(stopped + 15, abs=0.1)
    player.get_by_label("Speed").select_option("1.5")
    assert page.evaluate("document.querySelector('#player audio').playbackRate") == 1.5
    player.get_by_role("button", name="Close the player").click()
    expect(player).to_be_hidden()


def test_player_shows_its_keys(page: Page) -> None:
    page.goto(ANN)
    page.get_by_label("Listen from 0:20").click()
    player = page.get_by_role("region", name="Player")
    keys = player.locator("kbd:visible")
    expect(keys).to_have_text(["j", "k", "l", "n"])
    assert [one.get_attribute("aria-keyshortcuts") for one in keys.locator("..").all()] == [*"jkln"]
    assert [(one.get_attribute("title") or "")[-3:] for one in keys.locator("..").all()] == [
        f"({key})" for key in "jkln"
    ]
    page.set_viewport_size(PHONE)
    expect(keys).to_have_count(0)


def test_keys_that_are_typed_into_a_field_move_nothing(page: Page) -> None:
    page.goto(ANN)
    page.get_by_label("Listen from 0:30").click()
    until_after(page, 30)
    page.keyboard.press("/")
    page.keyboard.type("jkl")
    expect(page.get_by_role("searchbox", name="Search all transcripts")).to_have_value("jkl")
    assert seconds(page) >= 30


def test_times_are_approximate_when_audio_has_another_length(page: Page) -> None:
    execute("UPDATE episode SET duration_ms = 60000")
    page.goto(ANN)
    page.get_by_role("link", name="The harbor at night").click()
    page.get_by_role("link", name="Listen").click()
    expect(page.get_by_role("status")).to_have_text(
        re.compile("Times are approximate.*1:00 longer")
    )


def test_player_names_audio_that_fails(
    browser: Browser, web_url: str, fault_server: FaultServer
) -> None:
    missing = fault_server.url("/missing.wav")
    in_transaction(_episode_with_audio, missing)
    with reader(browser, web_url, PHONE, publisher=missing) as page:
        page.goto(ANN)
        page.locator("[data-play]").first.click()
        expect(page.get_by_role("status")).to_have_text(re.compile("cannot be played here"))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert len(rows_of_player(page)) <= 3


def rows_of_player(page: Page) -> list[set[str]]:
    """The parts of the player that are shown, by row."""
    parts = page.locator(".player .width > :visible:not(.visually-hidden)")
    rows = dict[int, set[str]]()
    for part in parts.all():
        box = part.bounding_box()
        assert box
        middle = round(box["y"] + box["height"] / 2)
        row = next((one for one in rows if abs(one - middle) < 12), middle)
        name = part.get_attribute("data-part") or part.get_attribute("class") or ""
        rows.setdefault(row, set()).add(name.split()[0])
    return [rows[row] for row in sorted(rows)]


def test_player_on_a_phone_has_few_rows(browser: Browser, web_url: str, audio: str) -> None:
    in_transaction(_episode_with_audio, audio)
    with reader(browser, web_url, PHONE, publisher=audio) as page:
        page.goto(ANN)
        page.get_by_label("Listen from 0:20").click()
        until_after(page, 20)
        shown = rows_of_player(page)
        assert [row for row in shown if "close" in row] == [{"player-about", "speed", "close"}]
        assert len(shown) <= 3
        page.keyboard.press("n")
        assert rows_of_player(page) == shown[:2]
        box = page.locator(".player").bounding_box()
        assert box
        assert box["height"] < 120


def test_typing_in_the_header_suggests_people(page: Page) -> None:
    page.goto("/podcasts")
    page.keyboard.press("/")
    page.keyboard.type("ann")
    page.locator(".suggestion").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**" + ANN)


# Whether the reader sees an element: nothing is over its corners.
SEEN = """element => {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const [x, y] = [(left + right) / 2, [top + 2, bottom - 2]];
  return y.every(one => element.contains(document.elementFromPoint(x, one)));
}"""


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_the_strip_of_an_episode_covers_nothing(
    browser: Browser, web_url: str, viewport: ViewportSize
) -> None:
    in_transaction(_long_episode_with_audio, "")
    last_of_turn = one("SELECT id FROM appearance WHERE text = 'passage 43'")
    with reader(browser, web_url, viewport) as page:
        page.goto(f"/appearances/{last_of_turn}")
        passage = page.locator(".turn", has=page.locator(":target"))
        assert page.locator(".strip").evaluate("one => one.getBoundingClientRect().top") == 0
        assert passage.locator(".who bdi").evaluate(SEEN)
        page.mouse.wheel(0, 100)
        page.get_by_label("Find in the transcript").fill("passage 51")
        page.keyboard.press("Enter")
        page.wait_for_url("**find=passage+51#found")
        assert page.get_by_label("Find in the transcript").evaluate(SEEN)
        page.locator(".found a").last.click()
        assert page.locator(".turn", has=page.locator(":target")).locator(".who bdi").evaluate(SEEN)
