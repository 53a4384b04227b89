"""The audit in the browser: one drawn speaker, a key for each answer, and the precision."""

import httpx
import pytest
from playwright.sync_api import Browser, ViewportSize, expect

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, one, rows, spoken, store
from tests.integration.web.accounts import OPERATOR, READER, add_accounts, enter, enter_in_browser
from tests.integration.web.browser import DESKTOP, PHONE, browser, reader
from tests.integration.web.reading import Page as ReadPage

__all__ = ["browser"]

pytestmark = pytest.mark.slow

AUDIT = "/operate/people/audit"


@pytest.fixture(autouse=True)
def _named(database: str) -> None:
    """Four named speakers of two episodes."""
    del database
    add_accounts()
    podcast = in_transaction(add_podcast)
    for number in (1, 2):
        episode = in_transaction(add_episode, podcast, title=f"Episode {number}")
        in_transaction(store, episode, spoken("Ann Smith: I am Ann.", "Bob Jones: I am Bob."))


def answer(client: httpx.Client, token: str, given: str, path: str = AUDIT) -> httpx.Response:
    """Answer for the speaker that the page shows."""
    page = ReadPage("", client.get(path))
    names = page.attributes("//form[@class='decide']//input/@name")
    values = page.attributes("//form[@class='decide']//input/@value")
    sent = dict(zip(names, values, strict=True)) | {"form_token": token, "answer": given}
    return client.post(AUDIT, data=sent)


def test_audit_shows_a_speaker_with_words_and_evidence(client: httpx.Client) -> None:
    enter(client)
    page = ReadPage("", client.get(AUDIT))
    (question,) = page.texts("//h2[@id='question']")
    name = question.removeprefix("Is this ").removesuffix("?")
    assert name in {"Ann Smith", "Bob Jones"}
    quotes = page.texts("//ol[contains(@class, 'quotes')]/li//bdi")
    assert quotes == [f"I am {name.split()[0]}."]
    assert page.attributes("//ol//a[@aria-label='In the transcript']/@href")
    assert page.texts("//p[@id='left']") == ["4 of 4 drawn speakers are not judged yet."]


def test_answers_give_the_precision_with_its_interval(client: httpx.Client) -> None:
    token = enter(client)
    for given in ("right", "right", "wrong", "unsure"):
        assert answer(client, token, given).status_code == 303
    page = ReadPage("", client.get(AUDIT))
    assert "All 4 drawn speakers are judged" in page.answer.text
    (*_, everything) = page.root.xpath("//table[@id='audit-precision']/tbody/tr")
    cells = ["".join(cell.text_content().split()) for cell in everything]
    assert cells == ["All", "2", "3", "1", "0.667", "0.208to0.939"]
    assert one("SELECT count(*) FROM audit_answer WHERE actor = :name", name=OPERATOR) == 4


def test_answer_is_shown_and_replaced_by_another(client: httpx.Client) -> None:
    token = enter(client)
    given = answer(client, token, "right")
    page = ReadPage("", client.get(given.headers["location"]))
    (shown,) = page.texts("//div[contains(@class, 'decided')]/p")
    assert shown.startswith("Right: ")
    (back,) = page.attributes("//a[@data-key='u']/@href")
    again = ReadPage("", client.get(back))
    assert "Answered before: right" in again.texts("//form[@class='decide']")[0]
    assert again.texts("//h2[@id='question']/a")[0] in shown
    answer(client, token, "wrong", back)
    assert rows("SELECT correct FROM audit_answer") == [{"correct": False}]


def test_speaker_who_is_not_drawn_any_more_is_left_out(client: httpx.Client) -> None:
    sent = {"form_token": enter(client), "answer": "right", "episode_id": "1", "label": "Nobody"}
    assert client.post(AUDIT, data=sent).status_code == 303
    assert rows("SELECT 1 FROM audit_answer") == []


def test_page_of_decisions_leads_to_the_audit(client: httpx.Client) -> None:
    enter(client)
    page = ReadPage("", client.get("/operate/people"))
    assert AUDIT in page.attributes("//a/@href")


def test_audit_is_for_operators(client: httpx.Client) -> None:
    enter(client, READER)
    assert client.get(AUDIT).status_code == 403


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_audit_by_keys(browser: Browser, web_url: str, viewport: ViewportSize) -> None:
    with reader(browser, web_url, viewport) as page:
        enter_in_browser(page)
        page.goto(AUDIT)
        left = page.locator("#left")
        expect(left).to_contain_text("4 of 4")
        page.keyboard.press("y")
        expect(left).to_contain_text("3 of 4")
        expect(page.get_by_role("status").first).to_contain_text("Right: ")
        words = page.locator("ol.quotes blockquote").first.evaluate("it => it.offsetWidth")
        assert words > 200, "the words are in the column of times"
        page.keyboard.press("s")
        expect(page).to_have_url(f"{web_url}{AUDIT}?seed=1&place=2")
        page.keyboard.press("n")
        expect(left).to_contain_text("2 of 4")
        width = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert width, "the page is wider than the screen"
