"""The operator's pages of podcasts: what the commands do, with what goes, and taken back."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models import PodcastState
from models.database import in_transaction
from tasks.podcasts.transitions import PodcastEvent, sources_of
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.web.accounts import READER, add_accounts, enter, enter_in_browser
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page
from web.pages.operate_podcasts import CHANGES
from web.presenters.podcast_changes import PodcastChange

__all__ = ["browser"]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _accounts(database: str) -> None:
    del database
    add_accounts()


def counted_podcast(*turns: str, title: str = "The Lantern Hour") -> int:
    podcast = in_transaction(add_podcast)
    in_transaction(store, in_transaction(add_episode, podcast), spoken(*turns))
    execute("UPDATE podcast SET title = :title WHERE id = :id", title=title, id=podcast)
    execute("UPDATE crawl SET last_ok_at = now() WHERE podcast_id = :id", id=podcast)
    return podcast


def state(podcast: int) -> str:
    return str(one("SELECT state FROM podcast WHERE id = :id", id=podcast))


def change(client: httpx.Client, token: str, podcast: int, action: str) -> Page:
    sent = {"form_token": token, "action": action}
    done = client.post(f"/operate/podcasts/{podcast}", data=sent)
    assert done.status_code == 303
    return Page("", client.get(done.headers["location"]))


def buttons(page: Page) -> list[str]:
    """The changes that the sections offer, without the one that takes the last one back."""
    return page.attributes("//section//button[@name='action']/@value")


def test_page_says_what_removal_takes_out_of_the_counts(client: httpx.Client) -> None:
    podcast = counted_podcast("Ann Smith: Hello", "Bob Jones: Hi", "Ann Smith: And so on")
    counted_podcast("Ann Smith: Elsewhere", title="Another")
    token = enter(client)
    page = Page("", client.get(f"/operate/podcasts/{podcast}"))
    (goes,) = page.texts("//*[@id='what-goes']")
    assert "3 appearances in 1 episode, 2 people named" in goes
    assert "1 of them speaks in no other podcast" in goes
    before = figures()
    change(client, token, podcast, "remove")
    after = figures()
    gone = {name: row[0] - after[name][0] for name, row in before.items()}
    assert gone == {"Ann Smith": 2, "Bob Jones": 1}
    assert differences() == 0


def test_removal_is_taken_back_where_it_is_reported(client: httpx.Client) -> None:
    podcast = counted_podcast("Ann Smith: Hello")
    token = enter(client)
    removed = change(client, token, podcast, "remove")
    (message,) = removed.texts("//*[@id='outcome']/p")
    assert message == "The Lantern Hour is removed: its feed is not polled, and it counts nowhere."
    led = client.get(f"/podcasts/{podcast}").headers["location"]
    assert led == f"/operate/podcasts/{podcast}"
    assert figures()["Ann Smith"][0] == 0
    (undo,) = removed.attributes("//*[@id='outcome']//button/@value")
    restored = change(client, token, podcast, undo)
    assert "is polled again" in restored.texts("//*[@id='outcome']")[0]
    assert client.get(f"/podcasts/{podcast}").status_code == 200
    assert (state(podcast), figures()["Ann Smith"][0]) == ("active", 1)
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")
    assert differences() == 0


def test_removed_podcast_is_not_found_by_readers(client: httpx.Client) -> None:
    podcast = counted_podcast("Ann Smith: Hello")
    change(client, enter(client), podcast, "remove")
    client.cookies.clear()
    enter(client, READER)
    assert client.get(f"/podcasts/{podcast}").status_code == 404


def test_pause_stops_polling_and_undo_resumes_it(client: httpx.Client) -> None:
    podcast = counted_podcast("Ann Smith: Hello")
    token = enter(client)
    paused = change(client, token, podcast, "pause")
    assert (state(podcast), one("SELECT next_poll_at FROM crawl")) == ("paused", None)
    assert figures()["Ann Smith"][0] == 1
    (undo,) = paused.attributes("//*[@id='outcome']//button/@value")
    change(client, token, podcast, undo)
    assert state(podcast) == "active"
    assert one("SELECT next_poll_at IS NOT NULL FROM crawl")


@pytest.mark.parametrize("now", [one for one in PodcastState if one != PodcastState.duplicate])
def test_page_offers_what_the_table_of_states_allows(
    client: httpx.Client, now: PodcastState
) -> None:
    podcast = counted_podcast("Ann Smith: Hello")
    in_transaction(set_podcast_state, podcast, now)
    token = enter(client)
    page = Page("", client.get(f"/operate/podcasts/{podcast}"))
    offered = {one for one in PodcastChange if now in sources_of(PodcastEvent(one))}
    assert set(buttons(page)) == offered
    for action in CHANGES.keys() - offered:
        refused = change(client, token, podcast, action)
        assert refused.attributes("//*[@id='outcome']/@role") == ["alert"]
        assert (state(podcast), refused.root.xpath("//*[@id='outcome']//button")) == (now, [])


def test_removed_and_paused_podcasts_are_listed_to_be_polled(client: httpx.Client) -> None:
    removed, paused = (counted_podcast("Ann Smith: Hello", title=name) for name in ("One", "Two"))
    counted_podcast("Ann Smith: Hello", title="Polled")
    token = enter(client)
    change(client, token, removed, "remove")
    change(client, token, paused, "pause")
    page = Page("", client.get("/operate/podcasts"))
    assert page.texts("//ul[@aria-label='Podcasts']//*[@class='title']") == ["Two", "One"]
    assert page.attributes("//ul//button/@value") == ["resume", "restore"]
    for podcast, action in ((removed, "restore"), (paused, "resume")):
        change(client, token, podcast, action)
        assert state(podcast) == "active"
    assert "No podcast is paused" in client.get("/operate/podcasts").text


def test_list_of_unpolled_podcasts_continues_on_further_pages(client: httpx.Client) -> None:
    for _ in range(53):
        in_transaction(add_podcast, state=PodcastState.paused)
    enter(client)
    first = Page("", client.get("/operate/podcasts"))
    assert first.texts("//p[contains(@class, 'place')]") == ["50 of 53 podcasts"]
    (more,) = first.attributes("//a[@rel='next']/@href")
    rest = Page("", client.get(more))
    ids = [*first.attributes("//@data-podcast"), *rest.attributes("//@data-podcast")]
    assert len(set(ids)) == 53


def test_only_operators_are_led_to_the_changes(client: httpx.Client) -> None:
    podcast = counted_podcast("Ann Smith: Hello")
    address = f"/podcasts/{podcast}"
    enter(client, READER)
    assert 'id="change-polling"' not in client.get(address).text
    client.cookies.clear()
    enter(client)
    page = Page("", client.get(address))
    assert page.attributes("//*[@id='change-polling']/@href") == [f"/operate{address}"]
    assert client.get("/operate/podcasts/999999").status_code == 404


def test_podcast_is_removed_and_added_again_by_keyboard(browser: Browser, web_url: str) -> None:
    podcast = counted_podcast("Ann Smith: Hello", title="Extraordinary Conversations")
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        page.goto(f"/podcasts/{podcast}")
        page.get_by_role("link", name="Pause or remove").click()
        page.get_by_role("button", name="Remove this podcast").press("Enter")
        expect(page.get_by_role("status")).to_contain_text("is removed")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="Undo").press("Enter")
        expect(page.locator("#outcome")).to_contain_text("is polled again")
    assert state(podcast) == "active"
