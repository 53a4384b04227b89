"""The first visit: an account by the one-time link, and what a new service needs after that."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from structlog.testing import capture_logs

from models import get_settings
from models.database import database_time, in_transaction
from tasks.auth.store.first_account import LINK_LIFETIME, create_link
from tests.factories import execute, one
from tests.integration.commands import Run, run
from tests.integration.web.accounts import PASSWORD, add_accounts, enter
from tests.integration.web.browser import browser, reader
from tests.integration.web.test_in_browser import (
    FEED,
    SERIOUS,
    VTT,
    WIDTHS,
    in_thread,
    poll_everything,
    read_everything,
)
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import app as celery_app

__all__ = ["browser", "run"]

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _broker(broker: object, broker_url: str) -> None:
    """For the overview, which counts messages."""
    del broker
    celery_app.conf.broker_url = broker_url


def new_code() -> str:
    return in_transaction(lambda s: create_link(s, database_time(s)))


def send(client: httpx.Client, code: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/first-account", data={"code": code, "name": "Ada", "password": password})


def accounts() -> int:
    return int(one("SELECT count(*) FROM account"))


def test_link_creates_an_operator_who_is_signed_in(client: httpx.Client) -> None:
    created = send(client, new_code())
    assert (created.status_code, created.headers["location"]) == (303, "/operate/first-steps")
    assert one("SELECT role FROM account") == "operator"
    assert client.get("/operate").status_code == 200
    client.cookies.clear()
    enter(client)
    assert client.get("/operate").status_code == 200


def test_link_that_is_wrong_old_or_replaced_is_refused(client: httpx.Client) -> None:
    replaced, code = new_code(), new_code()
    for wrong in ("", "x" * 43, replaced, code[:-1], "\N{LATIN SMALL LETTER E WITH ACUTE}\x00"):
        assert send(client, wrong).status_code in {400, 403}, wrong
    execute(
        "UPDATE first_account_link SET expires_at = expires_at - CAST(:time AS interval)",
        time=LINK_LIFETIME + timedelta(seconds=1),
    )
    refused = send(client, code)
    assert refused.status_code == 403
    assert "overheard accounts first-link" in refused.text
    assert accounts() == 0


def test_link_is_refused_once_there_is_an_account(client: httpx.Client, run: Run) -> None:
    code = new_code()
    assert "first_link" not in client.get("/first-account").text
    add_accounts()  # not by add_account, which deletes the link
    refused = send(client, code)
    assert (refused.status_code, accounts()) == (403, 2)
    assert "There is an account already" in refused.text
    assert client.get("/first-account").headers["location"] == "/sign-in"
    ended = run("accounts", "first-link")
    assert (ended.code, "there is an account already" in ended.printed) == (1, True)


def test_account_of_the_command_line_ends_the_link(
    run: Run, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = run("accounts", "first-link").out.strip().partition("/first-account#")[2]
    monkeypatch.setattr("sys.stdin.readline", lambda: PASSWORD, raising=False)
    assert run("accounts", "create", "Bob", "--password-stdin").code == 0
    execute("DELETE FROM account")
    assert send(client, code).status_code == 403


def test_link_used_twice_at_once_creates_one_account(web_url: str) -> None:
    code = new_code()

    def use(name: str) -> int:
        form = {"code": code, "name": name, "password": PASSWORD}
        sent = httpx.post(f"{web_url}/first-account", data=form, trust_env=False, timeout=30)
        return sent.status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(use, ("Ada", "Bob", "Cy", "Dee")))
    assert statuses == [303, 403, 403, 403]
    assert accounts() == 1


def test_refused_password_leaves_the_link_valid(client: httpx.Client) -> None:
    code = new_code()
    refused = send(client, code, password="short")
    assert (refused.status_code, "at least 10 characters" in refused.text) == (400, True)
    assert send(client, code).status_code == 303


def test_code_of_the_link_is_in_no_log_and_no_table(client: httpx.Client) -> None:
    code = new_code()
    with capture_logs() as lines:
        send(client, "x" * 43)
        send(client, code)
        client.get("/health/live")
    assert "first_account_created" in {line["event"] for line in lines}
    assert code not in str(lines)
    assert bytes(one("SELECT count(*)::text::bytea FROM first_account_link")) == b"0"
    execute("DELETE FROM account_session")
    execute("DELETE FROM account")
    stored = in_transaction(lambda s: create_link(s, database_time(s)))
    assert stored.encode() not in bytes(one("SELECT token_hash FROM first_account_link"))


def test_command_prints_the_public_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_PUBLIC_URL", "https://overheard.example/")
    get_settings.cache_clear()
    printed = run("accounts", "first-link").out
    assert printed.startswith("https://overheard.example/first-account#")


def is_accessible(page: Page, width: int) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [one["id"] for one in found if one["impact"] in SERIOUS] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_first_visit_leads_from_the_link_to_a_counted_podcast(
    browser: Browser, publisher: FaultServer, web_url: str, width: str
) -> None:
    viewport, scheme = WIDTHS[width]
    transcript = publisher.serve("/1.vtt", Answer(body=VTT))
    feed = publisher.serve("/feed", Answer(body=FEED.format(url=transcript).encode()))
    with reader(browser, web_url, viewport, scheme) as page:
        page.goto("/")
        page.get_by_role("link", name="Create the first account").click()
        page.wait_for_url("**/first-account")
        is_accessible(page, viewport["width"])
        code = new_code()
        page.goto(f"/first-account#{code}")
        expect(page.get_by_label("One-time code")).to_have_value(code)
        assert "#" not in page.url
        page.keyboard.type("Ada")  # the field that has the focus
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/operate/first-steps")
        is_accessible(page, viewport["width"])
        assert page.locator("#contact .state").inner_text() == "to do"
        assert page.get_by_text("No podcasts yet").is_visible()
        page.get_by_label("Link, feed URL or name").fill(feed)
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_url("**/add/progress?ids=*")
        page.goto("/operate/first-steps")
        page.get_by_text("Waiting for the first poll").wait_for()
        in_thread(poll_everything)
        page.get_by_text("0 of 1 transcript read").wait_for()
        in_thread(read_everything)
        page.get_by_text("1 of 1 transcript read · 1 appearance").wait_for()
        page.locator("#progress[data-done=yes]").wait_for()


def test_first_steps_know_a_contact_address_of_ones_own(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_accounts()
    enter(client)
    monkeypatch.setenv("OVERHEARD_CONTACT_URL", "https://podcasts.example/about")
    get_settings.cache_clear()
    page = client.get("/operate/first-steps").text
    assert "(+https://podcasts.example/about)" in page
    assert "Set <code>OVERHEARD_CONTACT_URL</code>" not in page
