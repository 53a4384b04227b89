"""The operator's area: what an operator does there is done, and a reader can do none of it."""

import re

import httpx
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    execute,
    new_episode,
    one,
    rows,
    spoken,
    store,
)
from tests.integration.web.accounts import enter
from tests.integration.web.reading import Page
from web.app import create_app

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("operating")]


def routes() -> list[tuple[str, str]]:
    """Every way to ask something of the operator's area."""
    found = [
        (method, re.sub(r"\{\w*id\}", "1", route.path).replace("{name}", "parse"))
        for included in create_app().routes
        for route in getattr(included, "original_router", APIRouter()).routes
        if isinstance(route, APIRoute) and route.path.startswith("/operate")
        for method in sorted(route.methods or ())
    ]
    assert len(found) > 10
    return found


@pytest.mark.parametrize(("method", "path"), routes())
def test_a_reader_can_do_nothing_that_an_operator_can(
    client: httpx.Client, method: str, path: str
) -> None:
    assert client.request(method, path).status_code in {303, 403}
    token = enter(client, "Rita")
    sent = {
        "form_token": token,
        "state": "paused",
        "scope": "all",
        "stage": "parse",
        "action": "begin",
        "name": "Ada",
        "everything": "true",
    }
    answer = client.request(method, path, data=sent if method == "POST" else None)
    assert answer.status_code == 403
    assert one("SELECT count(*) FROM job") == 0
    assert one("SELECT count(*) FROM queue_pause WHERE state <> 'open'") == 0


@pytest.mark.parametrize(("method", "path"), [pair for pair in routes() if pair[0] == "POST"])
def test_operator_form_without_session_token_does_nothing(
    client: httpx.Client, method: str, path: str
) -> None:
    enter(client, "Ada")
    sent = {"state": "paused", "scope": "all", "stage": "parse", "action": "begin", "name": "Ada"}
    assert client.request(method, path, data=sent).status_code == 403


@pytest.mark.parametrize(
    "tab", ["", "/jobs", "/feeds?everything=true", "/reingest", "/speech", "/people", "/accounts"]
)
def test_every_tab_is_shown_with_hostile_titles_harmless(client: httpx.Client, tab: str) -> None:
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET title = '<script>alert(1)</script>'")
    episode = in_transaction(add_episode, podcast)
    execute("UPDATE episode SET title = '<img src=x onerror=alert(1)>'")
    in_transaction(request_jobs, "parse", [episode], NOW)
    execute("UPDATE job SET state = 'dead', reason = 'binary', message = '<b>bold</b>'")
    enter(client, "Ada")
    shown = client.get(f"/operate{tab}")
    assert shown.status_code == 200
    for harmful in ("<script>alert", "<img src=x", "<b>bold"):
        assert harmful not in shown.text


def test_a_dead_job_is_tried_again_and_no_other(client: httpx.Client) -> None:
    first, second = in_transaction(request_jobs, "parse", [1, 2], NOW)
    execute("UPDATE job SET state = 'dead', reason = 'binary'")
    token = enter(client, "Ada")
    client.post("/operate/jobs/retry", data={"form_token": token})
    assert one("SELECT count(*) FROM job WHERE state = 'dead'") == 2
    client.post("/operate/jobs/retry", data={"form_token": token, "job": first})
    assert [row["id"] for row in rows("SELECT id FROM job WHERE state = 'dead'")] == [second]
    client.post("/operate/jobs/retry", data={"form_token": token, "everything": "true"})
    assert one("SELECT count(*) FROM job WHERE state = 'dead'") == 0


def test_poll_now_makes_a_feed_due(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast, due=None)
    execute("UPDATE crawl SET next_poll_at = now() + interval '1 day', error_count = 3")
    token = enter(client, "Ada")
    assert str(podcast) in client.get("/operate/feeds").text
    client.post(f"/operate/feeds/{podcast}/poll", data={"form_token": token})
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")


def test_poll_now_returns_to_its_list_and_names_the_feed(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast, due=None)
    execute("UPDATE podcast SET title = 'The Lantern Hour'")
    token = enter(client)
    page = Page("", client.get("/operate/feeds?everything=true"))
    headings = page.texts("//thead//th")
    cells = page.texts(f"//tr[@id='feed-{podcast}']/*")
    assert cells[headings.index("State")] == "active"
    assert cells[headings.index("Reason")] == ""
    (form,) = page.root.xpath(f"//form[contains(@action, '/feeds/{podcast}/')]")
    sent = client.post(form.get("action"), data=dict(form.form_values()) | {"form_token": token})
    assert "everything=true" in sent.headers["location"]
    back = Page("", client.get(sent.headers["location"]))
    (message,) = back.texts("//main//*[@role='status']")
    assert message.startswith("The Lantern Hour is due now")
    assert back.attributes("//nav[@aria-label='Which']/a[@aria-current]/@href") == [
        "/operate/feeds?everything=true"
    ]


def test_request_says_that_its_queue_is_paused(client: httpx.Client) -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hello"))
    token = enter(client)
    client.post("/operate/queues/parse", data={"form_token": token, "state": "paused"})
    begun = reingest(client, token, scope="person", value="ann-smith", stage="people")
    place = begun.answer.headers["location"]
    page = Page("", client.get(place))
    assert page.attributes("//*[@data-paused]/@data-paused") == ["parse"]
    assert page.attributes("//*[@data-paused]/a/@href") == ["/operate#queues"]
    assert (
        "waits: the queue parse is paused"
        in Page("", client.get("/operate/reingest")).texts("//main")[0]
    )
    client.post("/operate/queues/parse", data={"form_token": token, "state": "open"})
    assert Page("", client.get(place)).root.xpath("//*[@data-paused]") == []


def test_queue_is_paused_and_opened_except_ops(client: httpx.Client) -> None:
    token = enter(client, "Ada")
    for state, halted in (("paused", True), ("open", False)):
        client.post("/operate/queues/parse", data={"form_token": token, "state": state})
        assert ('state-warn">paused' in client.get("/operate").text) is halted
    client.post("/operate/queues/ops", data={"form_token": token, "state": "paused"})
    assert one("SELECT count(*) FROM queue_pause WHERE name = 'ops'") == 0


def test_reingest_dry_run_begin_pause_resume_and_cancel(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    in_transaction(add_episode, podcast)
    token = enter(client, "Ada")
    form = {"form_token": token, "scope": "podcast", "value": podcast, "stage": "people"}
    dry_run = client.post("/operate/reingest", data=form | {"action": "dry_run"})
    assert "Nothing was written" in dry_run.text
    assert one("SELECT count(*) FROM reingest_request") == 0
    begun = client.post("/operate/reingest", data=form | {"action": "begin"})
    assert begun.status_code == 303
    place = begun.headers["location"]
    assert client.get(place).status_code == 200
    for action in ("pause", "resume", "cancel"):
        client.post(place, data={"form_token": token, "action": action})
        assert client.get(place).status_code == 200
    assert one("SELECT requested_by FROM reingest_request") == "Ada"
    assert client.get("/operate/reingest/nothing-like-it").status_code == 404


def reingest(client: httpx.Client, token: str, **fields: str) -> Page:
    sent = {"form_token": token, "stage": "parse", "action": "begin"} | fields
    return Page("", client.post("/operate/reingest", data=sent))


def test_reingest_of_everything_is_confirmed_with_its_episodes(client: httpx.Client) -> None:
    for _ in range(3):
        in_transaction(store, new_episode(), spoken("Ann Smith: Hello"))
    token = enter(client)
    first = reingest(client, token, scope="all", stage="people")
    assert "That is 3 episodes." in first.texts("//form[@role='alert']")[0]
    assert one("SELECT count(*) FROM reingest_request") == 0
    confirmed = reingest(client, token, scope="all", stage="people", confirmed="true")
    assert confirmed.answer.status_code == 303
    listed = Page("", client.get("/operate/reingest"))
    (row,) = listed.texts("//section[@aria-labelledby='requests']//*[@class='under']")
    assert row.startswith("everything, from stage people, by Ada")


def test_reingest_of_a_podcast_takes_its_name(client: httpx.Client) -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    execute("UPDATE podcast SET title = 'The Lantern Hour' WHERE id = :id", id=podcast)
    execute("UPDATE podcast SET title = 'Lantern Hours' WHERE id = :id", id=other)
    token = enter(client)
    unclear = reingest(client, token, scope="podcast", value="A lantern houl")
    assert unclear.answer.status_code == 400
    assert set(unclear.texts("//*[@role='alert']//a")) == {"The Lantern Hour", "Lantern Hours"}
    (link,) = unclear.attributes("//a[bdi = 'Lantern Hours']/@href")
    assert Page("", client.get(link)).attributes("//input[@id='value']/@value") == [str(other)]
    begun = reingest(client, token, scope="podcast", value="the lantern hour")
    assert begun.answer.status_code == 303
    assert one("SELECT scope ->> 'podcast_id' FROM reingest_request") == str(podcast)
    assert f"podcast {podcast}, The Lantern Hour" in client.get("/operate/reingest").text


def test_stage_without_dry_run_is_marked_and_has_its_command(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    token = enter(client)
    form = Page("", client.get("/operate/reingest"))
    marked = form.attributes("//option[contains(., 'no dry run')]/@value")
    assert "counts" in marked
    assert not {"fetch", "parse", "people"} & set(marked)
    shown = reingest(
        client, token, scope="podcast", value=str(podcast), stage="counts", action="dry_run"
    )
    assert shown.texts("//p[@class='notice']/code") == [
        f"overheard reingest podcast:{podcast} --stage counts --dry-run"
    ]


@pytest.mark.parametrize(
    ("scope", "value"),
    [
        ("podcast", "https://nobody.example/feed"),
        ("episode_id", "x"),
        ("since", "yesterday"),
        ("person", "nobody"),
        ("person", ""),
        ("nonsense", "1"),
    ],
)
def test_reingest_with_a_bad_scope_is_refused_with_its_reason(
    client: httpx.Client, scope: str, value: str
) -> None:
    token = enter(client, "Ada")
    form = {"form_token": token, "scope": scope, "value": value, "stage": "parse"}
    answer = client.post("/operate/reingest", data=form | {"action": "begin"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_an_operator_ends_the_sessions_of_an_account(client: httpx.Client, web_url: str) -> None:
    with httpx.Client(base_url=web_url, trust_env=False) as stolen:
        enter(stolen, "Rita")
        token = enter(client, "Ada")
        client.post("/operate/accounts/sign-out", data={"form_token": token, "name": "Rita"})
        assert stolen.get("/account").status_code == 303
    assert client.get("/operate").status_code == 200


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/operate/people", {"kind": "suppress", "person": "a\0b"}),
        ("/operate/people/decisions/99999999999999999999/undo", {}),
        ("/operate/feeds/99999999999999999999/poll", {}),
        ("/operate/reingest", {"scope": "person", "value": "a\0b", "stage": "parse"}),
        ("/operate/accounts/sign-out", {"name": "a\0b"}),
        *[
            ("/operate/reingest", {"scope": scope, "value": digits, "stage": "parse"})
            for scope in ("episode_id", "podcast", "since", "person", "host")
            for digits in ("9" * 30, "9" * 1900)
        ],
        *[
            ("/operate/people", {"kind": kind, "person": "1", "episode": digits, "label": "A"})
            for kind in ("assign", "not-a-person", "suppress")
            for digits in ("9" * 30, "9" * 5000)
        ],
    ],
)
def test_what_no_row_can_hold_is_no_crash(
    client: httpx.Client, path: str, sent: dict[str, str]
) -> None:
    token = enter(client)
    assert client.post(path, data=sent | {"form_token": token}).status_code in {303, 400}
