"""The review queue: both sides are shown, one key decides, and a decision is taken back."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models.database import in_transaction
from tasks.identity.store.suggestions import suggest
from tests.factories import NOW, add_episode, add_podcast, differences, execute, one, spoken, store
from tests.integration.web.accounts import READER, add_accounts, enter, enter_in_browser
from tests.integration.web.browser import PHONE, browser, reader
from tests.integration.web.reading import Page as ReadPage

__all__ = ["browser"]

pytestmark = pytest.mark.slow

REVIEW = "/operate/people/review"


@pytest.fixture(autouse=True)
def _suggested(database: str) -> None:
    """Two pairs of names that differ in a letter."""
    del database
    add_accounts()
    podcast = in_transaction(add_podcast)
    for name in ("Gerhard Lazu", "Gehard Lazu", "Marisol Quennerby", "Marisol Quenerby"):
        episode = in_transaction(add_episode, podcast, title=f"With {name}")
        in_transaction(store, episode, spoken(f"{name}: I am {name}.", "Bob Jones: Hello."))
    execute("UPDATE episode SET audio_url = 'https://media.example/a.mp3'")
    in_transaction(suggest, podcast, NOW)


def decide(client: httpx.Client, token: str, action: str, number: int) -> httpx.Response:
    return client.post(f"{REVIEW}/{number}", data={"form_token": token, "action": action})


def states() -> list[str]:
    return list(one("SELECT array_agg(state ORDER BY id) FROM suggestion"))


def test_review_shows_both_sides_with_counts_quotes_and_audio(client: httpx.Client) -> None:
    enter(client)
    page = ReadPage("", client.get(REVIEW))
    names = page.texts("//div[@class='sides']//h3")
    assert page.texts("//h2[@id='question']") == [f"Are {names[0]} and {names[1]} the same person?"]
    for side in page.root.xpath("//div[@class='sides']/section"):
        text = " ".join(side.text_content().split())
        assert "1 appearance in 1 episode" in text
        assert f"I am {side.xpath('.//h3')[0].text_content()}." in text
        assert side.xpath(".//a/@data-play") == ["0"]
    assert "[" not in "".join(page.texts("//ul[@class='evidence']"))
    assert page.texts("//p[contains(@class, 'muted small')]")[0].startswith("1 of 2 open")


def test_review_is_decided_skipped_and_taken_back(client: httpx.Client) -> None:
    token = enter(client)
    first, second = (row for row in one("SELECT array_agg(id ORDER BY id) FROM suggestion"))
    accepted = decide(client, token, "accept", first)
    assert accepted.headers["location"] == f"{REVIEW}?decided={first}"
    assert states() == ["accepted", "open"]
    assert one("SELECT count(*) FROM person WHERE state = 'merged'") == 1
    undone = decide(client, token, "undo", first).headers["location"]
    assert undone.endswith(f"undone={first}&was=accepted")
    assert states() == ["open", "open"]
    assert one("SELECT count(*) FROM person WHERE state = 'merged'") == 0
    decide(client, token, "reject", second)
    assert states() == ["open", "refused"]
    decide(client, token, "undo", second)
    again = decide(client, token, "accept", second)
    assert (again.status_code, states()) == (303, ["open", "accepted"])
    assert differences() == 0
    refused = decide(client, token, "reject", second)
    assert (refused.status_code, "was accepted" in refused.text) == (400, True)
    decide(client, token, "reject", first)
    assert "Nothing to review" in client.get(REVIEW).text
    assert decide(client, token, "undo", 999_999).status_code == 400


def outcome(client: httpx.Client, location: str) -> list[str]:
    return ReadPage("", client.get(location)).texts("//main//*[@role='status'][not(@hidden)]")


def test_review_names_what_was_decided_and_taken_back(client: httpx.Client) -> None:
    token = enter(client)
    execute("UPDATE person SET name = upper(name)")
    first, second = (row for row in one("SELECT array_agg(id ORDER BY id) FROM suggestion"))
    merged = decide(client, token, "accept", first).headers["location"]
    less = one("SELECT name FROM person WHERE state = 'merged'")
    more = one(
        "SELECT name FROM person WHERE id = (SELECT merged_into FROM person WHERE state = 'merged')"
    )
    assert outcome(client, merged) == [f"Merged {less} into {more}."]
    (undone,) = outcome(client, decide(client, token, "undo", first).headers["location"])
    assert undone.startswith("Took back the merge of ")
    assert less in undone
    assert more in undone
    rejected = decide(client, token, "reject", second).headers["location"]
    (sentence,) = outcome(client, rejected)
    assert sentence.endswith(" are never merged.")
    assert sentence.count(" and ") == 1
    (undone,) = outcome(client, decide(client, token, "undo", second).headers["location"])
    assert undone == f"Took back that {sentence[:-1]}. The suggestion is open again."


def test_suggestion_about_quarantined_people_shows_quotes(client: httpx.Client) -> None:
    enter(client)
    execute(
        "UPDATE speaker SET status = 'quarantined', person_id = NULL, status_reason = 'nickname' "
        "WHERE person_id IN (SELECT person_id FROM suggestion)"
    )
    page = ReadPage("", client.get(REVIEW))
    first = page.texts("//div[@class='sides']/section")[0]
    assert "in quarantine 1 appearance in 1 episode." in first
    assert "I am " in first


def test_review_past_the_last_says_what_is_still_open(client: httpx.Client) -> None:
    enter(client)
    assert "2 suggestions are still open" in client.get(f"{REVIEW}?place=2").text


def test_review_is_for_operators(client: httpx.Client) -> None:
    assert client.get(REVIEW).status_code in {303, 403}
    enter(client, READER)
    assert client.get(REVIEW).status_code == 403


def test_form_of_a_kind_has_its_fields_only(client: httpx.Client) -> None:
    enter(client)
    page = ReadPage("", client.get("/operate/people?kind=rename&person=bob-jones"))
    fields = page.attributes("//form[.//input[@name='kind' and @value='rename']]//input/@name")
    assert fields == ["form_token", "kind", "person", "name", "reason"]
    assert page.attributes("//input[@id='person']/@value") == ["bob-jones"]


@pytest.mark.parametrize("width", ["desktop", "phone"])
def test_keys_decide_skip_and_undo(browser: Browser, web_url: str, width: str) -> None:
    with reader(browser, web_url, **({"viewport": PHONE} if width == "phone" else {})) as page:  # type: ignore[arg-type]
        enter_in_browser(page)
        page.goto(REVIEW)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        question = page.locator("#question")
        first = question.inner_text()
        page.keyboard.press("s")
        expect(question).not_to_have_text(first)
        second = question.inner_text()
        page.keyboard.press("a")
        expect(page.get_by_role("status")).to_contain_text("Merged ")
        assert sorted(states()) == ["accepted", "open"]
        page.keyboard.press("u")
        expect(question).to_have_text(second)
        assert states() == ["open", "open"]
        page.keyboard.press("r")
        expect(page.get_by_text("are never merged")).to_be_visible()
        assert sorted(states()) == ["open", "refused"]
        expect(page.get_by_text("1 suggestion is still open")).to_be_visible()


def test_key_undoes_the_last_decision_after_a_skip(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url) as page:
        enter_in_browser(page)
        page.goto(REVIEW)
        question = page.locator("#question")
        first = question.inner_text()
        page.keyboard.press("u")
        expect(page.get_by_text("There is nothing to undo")).to_be_visible()
        page.keyboard.press("r")
        expect(question).not_to_have_text(first)
        page.keyboard.press("s")
        expect(page.get_by_text("The end of the queue")).to_be_visible()
        page.keyboard.press("u")
        expect(question).to_have_text(first)
        assert states() == ["open", "open"]


def test_names_are_completed_in_the_form_of_a_decision(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url) as page:
        enter_in_browser(page)
        page.goto("/operate/people?kind=rename")
        page.get_by_label("Person").press_sequentially("bob jo")
        page.locator("#person-list option").wait_for(state="attached")
        assert page.locator("#person-list option").get_attribute("value") == "bob-jones"


def test_outcome_of_a_decision_is_beside_its_form(browser: Browser, web_url: str) -> None:
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        page.goto("/operate/people?kind=rename&person=bob-jones")
        page.locator("#name").fill("Bobby Jones")
        page.get_by_role("button", name="Record decision").click()
        expect(page.locator("#outcome")).to_contain_text("Bobby Jones is shown under this name")
        expect(page.locator("#outcome")).to_be_focused()
        expect(page.locator("#outcome")).to_be_in_viewport()
        page.get_by_role("button", name="Undo decision").click()
        expect(page.locator("#outcome")).to_contain_text("Took back rename")
        expect(page.locator("#outcome")).to_be_focused()
        expect(page.locator("#outcome")).to_be_in_viewport()
