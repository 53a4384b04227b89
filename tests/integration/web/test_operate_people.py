"""Who is who by the operator's pages: decided, in effect at once, taken back."""

import httpx
import pytest

from models.database import in_transaction
from tests.factories import (
    differences,
    execute,
    figures,
    new_episode,
    one,
    rows,
    spoken,
    store,
)
from tests.integration.web.accounts import READER, add_accounts, enter
from tests.integration.web.reading import Page

pytestmark = pytest.mark.slow

FIRST = ("Ada", "Bea", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hugo")
LAST = ("Adler", "Berg", "Carver", "Dahl", "Eklund", "Frost", "Graves")


@pytest.fixture(autouse=True)
def _world(database: str) -> None:
    del database
    add_accounts()
    in_transaction(
        store, new_episode(), spoken("Ann Smith: Hello", "Bob Jones: Hi", "Ann Smith: So")
    )


def decide(client: httpx.Client, token: str, **fields: str) -> httpx.Response:
    return client.post("/operate/people", data={"form_token": token} | fields)


def appearances() -> dict[str, int]:
    return {name: row[0] for name, row in figures().items()}


def test_a_merge_counts_at_once_and_is_taken_back(client: httpx.Client) -> None:
    token = enter(client)
    before = appearances()
    merged = decide(client, token, kind="merge", person="bob-jones", other="ann-smith")
    assert merged.status_code == 303
    assert appearances()["Ann Smith"] == 3
    assert "merge" in client.get("/operate/people").text
    decision = one("SELECT id FROM identity_event WHERE kind = 'merge'")
    assert one("SELECT actor FROM identity_event WHERE id = :id", id=decision) == "Ada"
    client.post(f"/operate/people/decisions/{decision}/undo", data={"form_token": token})
    assert appearances() == before
    assert differences() == 0


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"kind": "merge", "person": "ann-smith"}, "other"),
        ({"kind": "merge", "person": "nobody-at-all", "other": "ann-smith"}, "o such person"),
        ({"kind": "rename", "person": "ann-smith"}, "name"),
        ({"kind": "split", "person": "ann-smith", "name": "Ann Other"}, "podcast"),
        (
            {"kind": "assign", "person": "ann-smith", "label": "X", "episode": "99"},
            "o such episode",
        ),
        ({"kind": "nonsense"}, "decided"),
        ({}, "decided"),
    ],
)
def test_refused_decision_shows_why_and_changes_nothing(
    client: httpx.Client, fields: dict[str, str], why: str
) -> None:
    token, before = enter(client), appearances()
    refused = decide(client, token, **fields)
    assert refused.status_code == 400
    assert why in refused.text
    assert appearances() == before
    assert rows("SELECT id FROM identity_event") == []


def test_a_person_is_suppressed_and_a_label_is_nobody(client: httpx.Client) -> None:
    token = enter(client)
    decide(client, token, kind="suppress", person="ann-smith", reason="she asked for it")
    decide(client, token, kind="not_a_person", label="Bob Jones")
    assert {name: number for name, number in appearances().items() if number} == {}
    assert "she asked for it" in client.get("/operate/people").text
    assert differences() == 0


def outcome(client: httpx.Client, done: httpx.Response) -> str:
    """What the page writes beside the form; the address leads there."""
    assert done.headers["location"].endswith("#outcome")
    (text,) = Page("", client.get(done.headers["location"])).texts("//*[@id='outcome']")
    return text


def test_merge_says_who_remains_in_form_message_and_log(client: httpx.Client) -> None:
    token = enter(client)
    form = Page("", client.get("/operate/people?kind=merge")).texts("//form[.//*[@id='other']]")[0]
    assert "A becomes part of person B; B remains" in form
    merged = decide(client, token, kind="merge", person="bob-jones", other="ann-smith")
    sentence = "Bob Jones became part of Ann Smith; Ann Smith remains"
    assert outcome(client, merged) == f"Recorded: {sentence}."
    log = Page("", client.get("/operate/people"))
    assert log.texts("//section[@aria-labelledby='decided']//*[@class='title']") == [
        f"merge: {sentence}"
    ]


def test_undo_says_in_the_log_what_was_taken_back(client: httpx.Client) -> None:
    token = enter(client)
    decide(client, token, kind="suppress", person="ann-smith")
    number = one("SELECT id FROM identity_event")
    undone = client.post(f"/operate/people/decisions/{number}/undo", data={"form_token": token})
    assert "Ann Smith is neither shown nor counted; this no longer applies" in outcome(
        client, undone
    )
    page = Page("", client.get(undone.headers["location"]))
    assert page.attributes("//*[@id='outcome']/ancestor::section/@aria-labelledby") == ["decided"]
    again = client.post(f"/operate/people/decisions/{number}/undo", data={"form_token": token})
    assert Page("", again).attributes("//*[@id='outcome']/@role") == ["alert"]


def test_unknown_person_is_answered_with_similar_ones(client: httpx.Client) -> None:
    token = enter(client)
    refused = decide(client, token, kind="merge", person="Bob Jons", other="ann-smith")
    page = Page("", refused)
    assert page.texts("//*[@id='outcome']//a") == ["Bob Jones"]
    (link,) = page.attributes("//section[@aria-labelledby='decide']//*[@id='outcome']//a/@href")
    form = Page("", client.get(link))
    assert form.attributes("//input[@id='person' or @id='other']/@value") == [
        "bob-jones",
        "ann-smith",
    ]


def test_quarantine_shows_its_total_and_a_way_to_the_rest(client: httpx.Client) -> None:
    enter(client)
    turns = [f"{first} {last}: Hi" for first in FIRST for last in LAST]
    in_transaction(store, new_episode(), spoken(*turns))
    execute(
        "UPDATE speaker SET status = 'quarantined', status_reason = 'nickname', person_id = NULL "
        "WHERE label <> 'Ann Smith'"
    )
    page = Page("", client.get("/operate/people"))
    section = "//section[@aria-labelledby='quarantine']"
    assert page.texts(f"{section}//p[contains(@class, 'place')]") == ["50 of 57 entries"]
    (more,) = page.attributes(f"{section}//a[@rel='next']/@href")
    rest = Page("", client.get(more))
    assert rest.texts(f"{section}//p[contains(@class, 'place')]") == ["51 to 57 of 57 entries"]
    names = [name for one in (page, rest) for name in one.texts(f"{section}//*[@class='title']")]
    assert len(set(names)) == 57


def test_persons_page_leads_operators_to_filled_decisions(client: httpx.Client) -> None:
    token = enter(client)
    decide(client, token, kind="rename", person="bob-jones", name="Bobby Jones")
    decide(client, token, kind="rename", person="ann-smith", name="Anne Smith")
    page = Page("", client.get("/people/ann-smith"))
    links = dict(
        zip(
            page.texts("//*[@id='decisions']/a"),
            page.attributes("//*[@id='decisions']/a/@href"),
            strict=True,
        )
    )
    for name, field, value in (
        ("Merge", "person", "ann-smith"),
        ("Split", "person", "ann-smith"),
        ("Alias", "person", "ann-smith"),
        ("Not a person", "label", "Ann Smith"),
    ):
        form = Page("", client.get(links[name]))
        assert form.attributes(f"//input[@id='{field}']/@value") == [value]
    log = Page("", client.get(links["Decisions about this person"]))
    titles = log.texts("//section[@aria-labelledby='decided']//*[@class='title']")
    assert titles == ["rename: Anne Smith is shown under this name"]
    client.cookies.clear()
    enter(client, READER)
    assert Page("", client.get("/people/ann-smith")).root.xpath("//*[@id='decisions']") == []
