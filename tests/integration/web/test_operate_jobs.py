"""The operator's page of jobs: what failed is shown with its reason, whether or not it is dead."""

import httpx
import pytest
from playwright.sync_api import Browser, expect

from models.database import in_transaction
from tasks.jobs.store import request_jobs
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    execute,
    new_episode,
    rows,
    spoken,
    store,
)
from tests.integration.web.accounts import enter, enter_in_browser
from tests.integration.web.browser import BROKEN_WORDS, PHONE, browser, reader
from tests.integration.web.reading import Page

__all__ = ["browser"]

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("operating")]


def fail(jobs: list[int], reason: str, state: str = "waiting") -> None:
    execute(
        "UPDATE job SET state = :state, reason = :reason, attempts = 1 WHERE id = ANY(:jobs)",
        jobs=jobs,
        reason=reason,
        state=state,
    )


def shown(client: httpx.Client, path: str) -> Page:
    return Page("", client.get(path))


def test_jobs_that_will_be_retried_are_shown_by_reason(client: httpx.Client) -> None:
    jobs = in_transaction(request_jobs, "parse", [1, 2, 3, 4], NOW)
    fail(jobs[:2], "http_410")
    fail(jobs[2:3], "http_404")
    enter(client)
    page = shown(client, "/operate/jobs")
    assert "nothing to do" not in page.answer.text
    (tab,) = page.texts("//nav[@aria-label='State']/a[@aria-current]")
    assert tab == "failed, will be retried 3"
    assert page.texts("//*[@data-reason]//b") == ["2", "1"]
    assert len(page.root.xpath("//tbody/tr")) == 3
    (link,) = page.attributes("//*[@data-reason='http_410']//a/@href")
    filtered = shown(client, link)
    assert filtered.texts("//tbody/tr/td[1]") == [str(job) for job in reversed(jobs[:2])]
    waiting = shown(client, "/operate/jobs?state=waiting")
    assert waiting.texts("//tbody/tr/td[1]") == [str(jobs[3])]


def test_overview_separates_failed_jobs_from_waiting_ones(client: httpx.Client) -> None:
    jobs = in_transaction(request_jobs, "parse", [1, 2, 3, 4], NOW)
    fail(jobs[:2], "http_410")
    fail(jobs[2:3], "binary", "dead")
    enter(client)
    page = shown(client, "/operate")
    assert page.texts("//section[@aria-labelledby='unfinished']//tbody/tr/td[position() < 3]") == [
        *("dead", "1"),
        *("failed, will be retried", "2"),
        *("waiting", "1"),
    ]
    assert page.attributes("//*[@data-reason]/@data-reason") == ["http_410", "binary"]


def test_dead_jobs_are_shown_first_and_link_to_the_others(client: httpx.Client) -> None:
    jobs = in_transaction(request_jobs, "parse", [1, 2], NOW)
    fail(jobs[:1], "binary", "dead")
    fail(jobs[1:], "http_404")
    enter(client)
    page = shown(client, "/operate/jobs")
    assert page.texts("//tbody/tr/td[1]") == [str(jobs[0])]
    assert "1 job failed and will be retried" in page.texts("//section")[0]


def test_without_failed_jobs_there_is_nothing_to_do(client: httpx.Client) -> None:
    enter(client)
    assert "There is nothing to do here" in client.get("/operate/jobs").text
    fail(in_transaction(request_jobs, "parse", [1], NOW), "http_404")
    assert "There is nothing to do here" not in client.get("/operate/jobs?state=dead").text


def test_retry_of_one_reason_leaves_the_others(client: httpx.Client) -> None:
    jobs = in_transaction(request_jobs, "parse", [1, 2, 3], NOW)
    fail(jobs[:2], "http_410")
    fail(jobs[2:], "binary", "dead")
    token = enter(client)
    (link,) = shown(client, "/operate/jobs").attributes("//*[@data-reason='http_410']//a/@href")
    buttons = shown(client, link).texts("//form[contains(@class, 'links')]/button")
    assert buttons == ["Retry 2 jobs with http_410", "Retry all 3 failed jobs"]
    sent = {"form_token": token, "reason": "http_410"}
    answer = client.post("/operate/jobs/retry", data=sent)
    page = shown(client, answer.headers["location"])
    assert page.texts("//*[@id='outcome']/p") == ["2 jobs are retried now. Waiting jobs"]
    assert page.attributes("//*[@data-reason]/@data-reason") == ["binary"]
    assert page.texts("//form[contains(@class, 'links')]/button") == ["Retry the failed job"]


def test_overview_updates_while_work_runs(browser: Browser, web_url: str) -> None:
    jobs = in_transaction(request_jobs, "parse", [1, 2, 3], NOW)
    with reader(browser, web_url) as page:
        enter_in_browser(page)
        page.goto("/operate")
        row = page.locator("section[aria-labelledby=unfinished] tbody tr")
        expect(row).to_contain_text("waiting")
        page.get_by_role("button", name="Pause parse").focus()
        fail(jobs, "http_404")
        expect(row).to_contain_text("failed, will be retried", timeout=15_000)
        expect(page.get_by_role("button", name="Pause parse")).to_be_focused()
        expect(page.locator("#progress")).to_have_attribute("data-done", "yes")


def test_request_shows_percentage_until_finished(browser: Browser, web_url: str) -> None:
    for _ in range(4):
        in_transaction(store, new_episode(), spoken("Ann Smith: Hello"))
    with reader(browser, web_url) as page:
        enter_in_browser(page)
        page.goto("/operate/reingest?scope=person&value=ann-smith&stage=people")
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**/operate/reingest/*")
        expect(page.get_by_text("0 % finished")).to_be_visible()
        ids = [row["id"] for row in rows("SELECT id FROM job ORDER BY id")]
        finished = "UPDATE job SET state = 'done', outcome = 'ran' WHERE id = ANY(:jobs)"
        execute(finished, jobs=ids[:1])
        expect(page.get_by_text("25 % finished")).to_be_visible()
        execute(finished, jobs=ids)
        expect(page.get_by_text("100 % finished")).to_be_visible()
        expect(page.get_by_role("button", name="Pause")).to_have_count(0)


def test_tables_break_no_words_on_a_phone(browser: Browser, web_url: str) -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast, title="Electricity and communication")
    fail(in_transaction(request_jobs, "parse", [episode], NOW), "no_transcript_any_more")
    execute("UPDATE podcast SET title = 'Extraordinary Conversations', feed_url = 'https://a.b/f'")
    execute(
        "UPDATE crawl SET error_count = 3, last_error_reason = 'http_410', failing_since = now()"
    )
    with reader(browser, web_url, PHONE) as page:
        enter_in_browser(page)
        for path in ("jobs", "feeds", "feeds?everything=true", "accounts"):
            page.goto(f"/operate/{path}")
            assert page.locator("main tbody tr").count()
            assert page.evaluate(BROKEN_WORDS) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
