"""Plans over the API and the pages: metering, refusals, warnings, keys of one's own."""

import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import httpx
import pytest
import structlog
from sqlalchemy import text

from models import get_settings
from models.database import database_time, engine, in_transaction
from tasks.auth.store.api_keys import create_key
from tasks.plans.plan_file import plans_of_service
from tasks.plans.quotas import month_of
from tasks.plans.store.assignments import assign_plan
from tasks.plans.store.usage import MeteredRequest, billing, record_requests, usage_differences
from tests.factories import (
    add_podcast,
    execute,
    new_episode,
    one,
    rows,
    spoken,
    store,
    until_a_statement_waits_for_a_lock,
)
from tests.integration.web.accounts import READER, add_accounts, enter
from tests.integration.web.reading import Page
from tests.paths import DATA

API = "/api/v1"


@pytest.fixture
def with_plans(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    monkeypatch.setenv("OVERHEARD_PLANS", str(DATA / "plans" / "plans.toml"))
    get_settings.cache_clear()
    plans_of_service.cache_clear()
    client.headers["origin"] = str(client.base_url).rstrip("/")
    yield client
    plans_of_service.cache_clear()
    get_settings.cache_clear()


def new_key(plan: str | None = None, account_id: int | None = None) -> dict[str, str]:
    key = in_transaction(
        lambda s: create_key(s, "test", ("read",), database_time(s), account_id=account_id)
    )
    if plan:
        found = one("SELECT max(id) FROM api_key")
        in_transaction(assign_plan, f"key:{found}", plan)
    return {"authorization": f"Bearer {key}"}


def counted() -> int:
    """Requests by the counter, which is the log's."""
    assert in_transaction(usage_differences) == []
    return int(one("SELECT coalesce(sum(requests), 0) FROM usage_counter"))


def get(client: httpx.Client, path: str, key: dict[str, str]) -> httpx.Response:
    return client.get(f"{API}{path}", headers=key)


def add_podcasts(number: int) -> set[int]:
    return {in_transaction(add_podcast) for _ in range(number)}


def test_answered_requests_are_counted_and_others_are_not(with_plans: httpx.Client) -> None:
    key = new_key()
    assert get(with_plans, "/people", key).status_code == 200
    assert get(with_plans, "/people/nobody", key).status_code == 404
    assert get(with_plans, "/people?limit=x", key).status_code == 422
    assert with_plans.get(f"{API}/people").status_code == 200
    assert get(with_plans, "/usage", key).json()["used"] == 1
    assert counted() == 1
    assert [row["operation"] for row in rows("SELECT operation FROM usage_log")] == ["/people"]


def test_next_response_waits_for_the_record_of_the_last(with_plans: httpx.Client) -> None:
    key = new_key("unlimited")
    get(with_plans, "/people", key)
    assert get(with_plans, "/usage", key).json()["used"] == 1
    with ThreadPoolExecutor(1) as pool:
        with engine().begin() as blocking:
            blocking.execute(text("LOCK TABLE usage_counter IN EXCLUSIVE MODE"))
            assert get(with_plans, "/people", key).status_code == 200
            until_a_statement_waits_for_a_lock()
            following = pool.submit(get, with_plans, "/people", key)
            with pytest.raises(TimeoutError):
                following.result(timeout=1)
        assert following.result().status_code == 200
    assert get(with_plans, "/usage", key).json()["used"] == 3


def hung_up(client: httpx.Client, path: str, key: dict[str, str]) -> None:
    """Send a request, and hang up before its answer; the server knows that afterwards."""
    url = client.base_url
    head = f"GET {API}{path} HTTP/1.1\r\nHost: {url.host}:{url.port}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in key.items())
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(f"{head}\r\n".encode())
    assert client.get("/health/live").status_code == 200


def test_answer_to_a_client_that_hung_up_is_not_billed(with_plans: httpx.Client) -> None:
    key = new_key("unlimited")
    with ThreadPoolExecutor(1) as pool:
        with engine().begin() as blocking:
            blocking.execute(text("LOCK TABLE usage_counter IN EXCLUSIVE MODE"))
            assert get(with_plans, "/people", key).status_code == 200
            until_a_statement_waits_for_a_lock()
            hung_up(with_plans, "/people", key)  # answered once the first one is recorded
            following = pool.submit(get, with_plans, "/people", key)
            with pytest.raises(TimeoutError):
                following.result(timeout=1)
        assert following.result().status_code == 200
    assert get(with_plans, "/usage", key).json()["used"] == 2
    assert counted() == 2


def test_last_request_of_a_month_is_counted_before_the_next(with_plans: httpx.Client) -> None:
    key = new_key()
    for _ in range(9):
        get(with_plans, "/people", key)
    assert get(with_plans, "/usage", key).json()["remaining"] == 1
    with ThreadPoolExecutor(1) as pool:
        with engine().begin() as blocking:
            blocking.execute(text("LOCK TABLE usage_counter IN EXCLUSIVE MODE"))
            assert get(with_plans, "/people", key).status_code == 200
            until_a_statement_waits_for_a_lock()
            following = pool.submit(get, with_plans, "/people", key)
            with pytest.raises(TimeoutError):
                following.result(timeout=1)
        assert following.result().status_code == 402
    assert counted() == 10


def test_usage_has_limits_use_and_reset(with_plans: httpx.Client) -> None:
    key = new_key()
    for _ in range(8):
        answer = get(with_plans, "/people", key)
    assert answer.headers["ratelimit-policy"] == '"month";q=10'
    assert answer.headers["ratelimit"].startswith('"month";r=2;t=')
    assert answer.headers["ratelimit-limit"] == "60"
    usage = get(with_plans, "/usage", key).json()
    month = month_of(datetime.now(UTC))
    assert (usage["plan"], usage["used"], usage["limit"], usage["remaining"]) == ("free", 8, 10, 2)
    assert (usage["warning"], usage["month"]) == (80, month.isoformat())
    assert usage["resets_at"] > datetime.now(UTC).isoformat()
    assert sum(day["requests"] for day in usage["by_day"]) == 8


def test_usage_and_pages_have_the_hours_of_audio(with_plans: httpx.Client) -> None:
    add_accounts()
    enter(with_plans, READER)
    account = one("SELECT id FROM account WHERE name = :name", name=READER)
    key = new_key(account_id=account)
    execute(
        "INSERT INTO heard_audio (episode_id, holder, month, audio_ms, at)"
        " VALUES (:episode, :holder, :month, 1800000, now())",
        episode=new_episode(),
        holder=f"account:{account}",
        month=month_of(datetime.now(UTC)),
    )
    usage = get(with_plans, "/usage", key).json()
    assert (usage["hours_heard"], usage["hours_heard_limit"]) == (0.5, 1)
    assert Page("", with_plans.get("/account")).texts("//*[@data-heard]") == ["30 min of 1 hour"]
    assert "hours of audio a month" in with_plans.get("/pricing").text


def test_used_up_month_is_refused_with_what_to_do(with_plans: httpx.Client) -> None:
    key = new_key()
    answers = [get(with_plans, "/people", key) for _ in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [402] * 2
    refused = answers[-1]
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["ratelimit"].startswith('"month";r=0;t=')
    body = refused.json()
    assert (body["status"], body["title"], body["used"]) == (402, "Payment Required", 10)
    assert "until the next month" in body["detail"]
    assert "/pricing" in body["what_to_do"]
    assert counted() == 10


def test_warnings_are_logged_once_each(with_plans: httpx.Client) -> None:
    key = new_key()
    with structlog.testing.capture_logs() as logs:
        for _ in range(12):
            get(with_plans, "/people", key)
    warnings = [line["percent"] for line in logs if line["event"] == "usage_warning"]
    assert warnings == [80, 100]


def test_more_results_than_the_plan_has_are_refused(with_plans: httpx.Client) -> None:
    key = new_key()
    refused = get(with_plans, "/people?limit=6", key)
    assert refused.status_code == 402
    assert "send limit=5 or less" in refused.json()["what_to_do"]
    assert get(with_plans, "/people?limit=5", key).status_code == 200
    assert get(with_plans, "/people?limit=6", new_key("pro")).status_code == 200
    assert counted() == 2


@pytest.mark.parametrize("limit", ["%206", "limit=5&limit=6", "0006", "000000000006", "%2B6"])
def test_limit_in_other_spellings_gets_no_more(with_plans: httpx.Client, limit: str) -> None:
    add_podcasts(7)
    query = limit if "=" in limit else f"limit={limit}"
    answer = get(with_plans, f"/podcasts?{query}", new_key())
    assert answer.status_code in {402, 422}
    repeated = get(with_plans, "/podcasts?limit=6&limit=5", new_key())
    assert (repeated.status_code, len(repeated.json()["items"])) == (200, 5)


def test_default_of_an_operation_is_reduced_to_the_plan(with_plans: httpx.Client) -> None:
    expected = add_podcasts(7)
    key = new_key()
    first = get(with_plans, "/podcasts", key).json()
    second = get(with_plans, f"/podcasts?cursor={first['next']}", key).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (5, 2, None)
    assert {each["id"] for each in first["items"] + second["items"]} == expected
    assert len(get(with_plans, "/podcasts", new_key("pro")).json()["items"]) == 7


def test_transcript_of_an_episode_has_as_many_as_the_plan(with_plans: httpx.Client) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken(*(["Ada: hello"] * 7)))
    found = get(with_plans, f"/episodes/{episode}/appearances", new_key()).json()
    assert (len(found["items"]), found["next"] is None) == (5, False)


def test_every_operation_has_one_limit(with_plans: httpx.Client) -> None:
    """What has rows and a ``limit`` refuses more than the plan has."""
    described = with_plans.get(f"{API}/openapi.json").json()["paths"]
    limited = {
        path.removeprefix("/api/v1").replace("{of}", "people").replace("{slug}", "x")
        for path, operation in described.items()
        if any(each["name"] == "limit" for each in operation["get"].get("parameters", []))
    } - {"/changes"}
    assert len(limited) >= 8
    for path in limited:
        address = re.sub(r"{\w+}", "1", path)
        assert get(with_plans, f"{address}?q=a&limit=6", new_key()).status_code == 402, path


def test_export_that_the_plan_does_not_have_is_refused(with_plans: httpx.Client) -> None:
    refused = get(with_plans, "/changes?since=now", new_key())
    assert (refused.status_code, "does not include exports" in refused.json()["detail"]) == (
        402,
        True,
    )
    assert get(with_plans, "/changes?since=now", new_key("unlimited")).status_code == 200


def test_minute_of_the_plan_is_the_limit(with_plans: httpx.Client) -> None:
    key = new_key("unlimited")
    answer = get(with_plans, "/people", key)
    assert answer.headers["ratelimit-limit"] == "600"  # the setting: the plan has no limit
    assert "ratelimit-policy" not in answer.headers
    assert get(with_plans, "/people", new_key()).headers["ratelimit-limit"] == "60"


def test_too_many_in_a_minute_are_429_and_not_counted(
    with_plans: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_API_RATE_PER_MINUTE", "2")
    get_settings.cache_clear()
    key = new_key("unlimited")
    statuses = [get(with_plans, "/people", key).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    refused = get(with_plans, "/people", key)
    assert refused.headers["retry-after"].isdecimal()
    assert refused.headers["content-type"] == "application/problem+json"
    assert "change to a larger plan: see /pricing" in refused.json()["what_to_do"]
    stranger = [with_plans.get(f"{API}/people") for _ in range(3)][-1]
    assert (stranger.status_code, "send a key" in stranger.json()["what_to_do"]) == (429, True)
    assert counted() == 2


def test_keys_of_an_account_share_its_use(with_plans: httpx.Client) -> None:
    add_accounts()
    account = one("SELECT id FROM account WHERE name = :name", name=READER)
    for key in (new_key(account_id=account), new_key(account_id=account)):
        get(with_plans, "/people", key)
    assert rows("SELECT holder, requests FROM usage_counter") == [
        {"holder": f"account:{account}", "requests": 2}
    ]


def test_keys_of_an_account_share_its_minute(with_plans: httpx.Client) -> None:
    add_accounts()
    account = one("SELECT id FROM account WHERE name = :name", name=READER)
    keys = [new_key(account_id=account) for _ in range(2)]
    left = [
        int(get(with_plans, "/people", key).headers["ratelimit-remaining"])
        for key in (*keys, *keys)
    ]
    assert left == [59, 58, 57, 56]
    assert get(with_plans, "/people", new_key()).headers["ratelimit-remaining"] == "59"


def test_account_page_makes_keys_and_shows_their_use(with_plans: httpx.Client) -> None:
    add_accounts()
    token = enter(with_plans, READER)
    made = with_plans.post("/account/keys", data={"name": "mine", "form_token": token})
    key = Page("", made).texts("//*[@role='status']//code")[0]
    assert get(with_plans, "/people", {"authorization": f"Bearer {key}"}).status_code == 200
    page = Page("", with_plans.get("/account"))
    assert page.attributes("//*[@data-used]/@data-used") == ["1"]
    assert key not in page.answer.text
    prefix = key.split("_")[1]
    with_plans.post(f"/account/keys/{prefix}/revoke", data={"form_token": token})
    assert one("SELECT revoked_at IS NOT NULL FROM api_key WHERE prefix = :p", p=prefix)


def test_key_without_a_name_and_too_many_are_refused(with_plans: httpx.Client) -> None:
    add_accounts()
    token = enter(with_plans, READER)

    def create(name: str) -> httpx.Response:
        return with_plans.post("/account/keys", data={"name": name, "form_token": token})

    unnamed = create("  ")
    assert (unnamed.status_code, "Give the key a name." in unnamed.text) == (400, True)
    account = one("SELECT id FROM account WHERE name = :name", name=READER)
    for _ in range(20):
        new_key(account_id=account)
    refused = create("one more")
    assert (refused.status_code, "at most 20 keys" in refused.text) == (400, True)
    assert one("SELECT count(*) FROM api_key") == 20


def test_usage_without_a_key_is_refused(with_plans: httpx.Client) -> None:
    refused = with_plans.get(f"{API}/usage")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


def test_key_of_another_account_is_not_revoked(with_plans: httpx.Client) -> None:
    add_accounts()
    new_key()
    prefix = one("SELECT prefix FROM api_key")
    token = enter(with_plans, READER)
    with_plans.post(f"/account/keys/{prefix}/revoke", data={"form_token": token})
    assert one("SELECT revoked_at IS NULL FROM api_key")
    assert with_plans.post("/account/keys", data={"name": "x"}).status_code == 403


def test_pricing_page_is_made_from_the_plans(with_plans: httpx.Client) -> None:
    page = Page("", with_plans.get("/pricing"))
    assert page.texts("//section//h2") == ["Free", "Pro", "Unlimited"]
    assert page.texts("//section//b") == ["0 € a month", "20 € a month", "By arrangement"]
    assert "Pricing" in page.texts("//nav[@aria-label='Main']//a")
    add_accounts()
    enter(with_plans, READER)
    own = Page("", with_plans.get("/pricing"))
    assert own.texts("//section[@data-own]//h2") == ["Free your plan"]
    assert any("From Free to Pro" in text for text in own.texts("//details//li"))


def test_pricing_page_can_be_hidden(
    with_plans: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_PRICING_PAGE", "false")
    get_settings.cache_clear()
    assert with_plans.get("/pricing").status_code == 404
    assert "Pricing" not in Page("", with_plans.get("/")).texts("//nav[@aria-label='Main']//a")


def test_without_plans_nothing_is_shown_or_metered(client: httpx.Client) -> None:
    key = new_key()
    assert get(client, "/people", key).status_code == 200
    assert get(client, "/usage", key).status_code == 404
    assert client.get("/pricing").status_code == 404
    assert one("SELECT count(*) FROM usage_log") == 0
    assert "Pricing" not in Page("", client.get("/")).texts("//nav[@aria-label='Main']//a")
    add_accounts()
    enter(client, READER)
    assert "API keys" not in client.get("/account").text


def test_billing_is_the_sum_of_the_log(with_plans: httpx.Client) -> None:
    key = new_key("pro")
    for _ in range(3):
        get(with_plans, "/people", key)
    month = month_of(datetime.now(UTC))
    request = MeteredRequest("key:0", "gone", "/people", datetime(2025, 1, 2, tzinfo=UTC))
    in_transaction(record_requests, [request])
    (row,) = in_transaction(billing, month)
    assert (row.name, row.plan, row.requests) == ("test", "pro", 3)
    assert [each.requests for each in in_transaction(billing, date(2025, 1, 1))] == [1]
    execute("UPDATE usage_counter SET requests = 7 WHERE month = :month", month=month)
    assert [each.counted for each in in_transaction(usage_differences)] == [7]
