"""The operator's page of feeds: what fails by reason, as many as every other surface counts."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models import PodcastState
from models.database import database_time, in_transaction
from models.queries import feeds as about_feeds
from models.queries import jobs as about_work
from models.queries import podcast_pages
from models.queries.failing_feeds import failing_feeds
from tests.factories import add_podcast, execute, set_podcast_state
from tests.integration.commands import Run, run
from tests.integration.web.accounts import enter, enter_in_browser
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page, number

__all__ = ["browser", "run"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("operating")]


def failing(reason: str, state: PodcastState = PodcastState.active, errors: int = 1) -> int:
    podcast = in_transaction(add_podcast)
    execute(
        "UPDATE crawl SET error_count = :errors, last_error_reason = :reason, "
        "last_error = 'what happened', failing_since = now() WHERE podcast_id = :id",
        id=podcast,
        errors=errors,
        reason=reason,
    )
    in_transaction(set_podcast_state, podcast, state)
    return podcast


def shown(client: httpx.Client, address: str) -> Page:
    return Page("", client.get(address))


def counts(page: Page) -> dict[str, int]:
    """How many feeds fail, by reason, as the page has it."""
    names = page.attributes("//@data-failing")
    return dict(zip(names, map(number, page.texts("//*[@data-failing]//b")), strict=True))


def test_failing_feeds_are_counted_and_explained_by_reason(client: httpx.Client) -> None:
    gone = [failing("http_404"), failing("http_404")]
    tls = failing("tls_failed")
    enter(client)
    page = shown(client, "/operate/feeds")
    assert counts(page) == {"http_404": 2, "tls_failed": 1}
    (text,) = page.texts("//*[@data-failing='tls_failed']")
    assert "its certificate is invalid" in text
    assert "Only the publisher can fix this." in text
    (link,) = page.attributes("//*[@data-failing='http_404']//a/@href")
    chosen = shown(client, link)
    assert chosen.attributes("//tbody/tr/@id") == [f"feed-{one}" for one in gone]
    assert "overheard feeds list --reason http_404" in chosen.texts("//caption")[0]
    (back,) = chosen.attributes("//a[@aria-label='Remove the filter by reason']/@href")
    assert f"feed-{tls}" in shown(client, back).attributes("//tbody/tr/@id")


def test_every_surface_counts_the_same_failing_feeds(client: httpx.Client, run: Run) -> None:
    for state in PodcastState:
        if state != PodcastState.duplicate:
            failing("timeout", state)
            failing("not_attempted", state, errors=0)
    enter(client)
    polled = 3  # pending, active and gone
    assert counts(shown(client, "/operate/feeds")) == {"timeout": polled}
    overview = shown(client, "/operate")
    assert (overview.figures["feeds failing"], counts(overview)) == ("3", {"timeout": polled})
    assert len(run("feeds", "list", "--failing", "--json").json) == polled
    assert len(run("feeds", "list", "--reason", "timeout", "--json").json) == polled
    assert run("feeds", "list", "--reason", "not_attempted", "--json").json == []
    status = in_transaction(lambda session: about_work.status(session, database_time(session)))
    assert status.feeds_failing == polled


@pytest.mark.parametrize("state", [one for one in PodcastState if one != PodcastState.duplicate])
@pytest.mark.parametrize("errors", [0, 2])
def test_podcast_fails_exactly_where_its_feed_is_listed(state: PodcastState, errors: int) -> None:
    podcast = failing("timeout", state, errors)
    about = in_transaction(podcast_pages.podcast, podcast)
    assert about is not None
    listed = in_transaction(lambda s: about_feeds.feeds(s, database_time(s), failing=True))
    assert about.is_failing == (podcast in [one.id for one in listed])
    assert sum(one.feeds for one in in_transaction(failing_feeds)) == len(listed)


def test_feed_without_a_reason_is_listed_as_unknown(client: httpx.Client) -> None:
    podcast = failing("timeout")
    execute("UPDATE crawl SET last_error_reason = NULL")
    enter(client)
    page = shown(client, "/operate/feeds")
    assert counts(page) == {"unknown": 1}
    (link,) = page.attributes("//*[@data-failing]//a/@href")
    assert shown(client, link).attributes("//tbody/tr/@id") == [f"feed-{podcast}"]


def test_poll_now_returns_to_the_chosen_reason(client: httpx.Client) -> None:
    podcast = failing("http_404")
    token = enter(client)
    page = shown(client, "/operate/feeds?reason=http_404")
    (form,) = page.root.xpath(f"//form[contains(@action, '/feeds/{podcast}/')]")
    sent = client.post(form.get("action"), data=dict(form.form_values()) | {"form_token": token})
    assert sent.headers["location"] == (
        f"/operate/feeds?reason=http_404&polled={podcast}#feed-{podcast}"
    )


def test_without_failing_feeds_no_reasons_are_shown(client: httpx.Client) -> None:
    in_transaction(add_podcast)
    enter(client)
    page = shown(client, "/operate/feeds")
    assert counts(page) == {}
    assert "The last poll of every feed succeeded." in page.answer.text
    assert counts(shown(client, "/operate?")) == {}
    failing("timeout")
    unknown = shown(client, "/operate/feeds?reason=<b>nothing")
    assert "Other feeds fail." in unknown.answer.text
    assert "<b>nothing" not in unknown.answer.text


def test_reasons_fit_on_a_phone(browser: Browser, web_url: str) -> None:
    for reason in ("address_refused", "too_large", "http_503"):
        failing(reason)
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        page.goto("/operate/feeds")
        expect(page.locator("[data-failing]")).to_have_count(3)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("link", name="too_large").click()
        expect(page.locator("main tbody tr")).to_have_count(1)
